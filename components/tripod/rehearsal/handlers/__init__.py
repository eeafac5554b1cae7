"""Creation of each type of resource in the emulated AWS; updates and deletes belong to the engine.

A handler takes every input that it supports; an input that is left over is an error that names it.
"""
