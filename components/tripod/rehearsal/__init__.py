"""A stack run without engine, account or network."""
