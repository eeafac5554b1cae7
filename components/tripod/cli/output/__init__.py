"""Output of commands: text and JSON."""
