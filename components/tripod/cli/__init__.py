"""The `tripod` command."""
