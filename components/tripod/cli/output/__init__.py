"""What people see: trees, tables and problems."""
