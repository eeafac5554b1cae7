"""AWS calls of the agent."""
