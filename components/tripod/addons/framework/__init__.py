"""Building blocks of add-ons."""
