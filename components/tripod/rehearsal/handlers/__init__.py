"""How each type of resource is created in the emulated AWS: it creates, nothing more.

A handler takes every input that it knows, and an input that none takes is an error that names it.
"""
