"""Teams' namespaces."""
