"""Errors of the agent: one sentence each, with the problem and its remedy."""


class AgentError(Exception):
    """An error that ends the command. Its message is all that is printed."""


class RetryableError(Exception):
    """A transient error: the operation is retried, with backoff."""
