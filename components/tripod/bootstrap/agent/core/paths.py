"""The agent's folder on an instance."""

HOME = "/opt/tripod"
