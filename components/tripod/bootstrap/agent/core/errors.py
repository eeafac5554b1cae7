"""What stops the agent: one sentence that says what is wrong and what to do."""


class AgentError(Exception):
    """The instance cannot go on by itself. Its message is all that is printed."""


class RetryableError(Exception):
    """Something that may be otherwise in a moment: it is tried again, with backoff."""
