"""Who may speak with whom."""
