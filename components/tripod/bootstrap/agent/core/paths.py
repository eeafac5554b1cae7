"""The agent's own place on an instance."""

HOME = "/opt/tripod"
