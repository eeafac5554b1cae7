"""The operating system: files, commands, units, packages."""
