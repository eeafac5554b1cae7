"""Runs of a stack without engine, account or network."""
