"""Alert rules as data, each with its severity, meaning and action."""
