"""Calls of kubeadm, with a short message if one fails."""

from ..core.errors import AgentError
from ..host.host import CommandError, Host
from .paths import KUBEADM

_USELESS = ("To see the stack trace", "[preflight] If you know what you are doing", "W", "I")
"""Prefixes of lines without the error: advice and log messages."""

_LINES = 4
_LONGEST = 600


def error_message(output: str) -> str:
    """Extract the errors from the output of a failed kubeadm."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith(_USELESS)]
    wrong = [line for line in lines if "[ERROR" in line or line.startswith("error")]
    said = "; ".join(line.rstrip(":") for line in (wrong or lines)[-_LINES:])
    return f"{said[:_LONGEST]}…" if len(said) > _LONGEST else said


def run_kubeadm(host: Host, *arguments: str, seconds: float = 300) -> str:
    """Run kubeadm with the node's configuration.

    Args:
        host: the instance.
        *arguments: its command and arguments.
        seconds: the timeout.

    Raises:
        AgentError: it fails, with its message.
    """
    try:
        return host.run("kubeadm", *arguments, f"--config={host.path(KUBEADM)}", seconds=seconds)
    except CommandError as error:
        command = " ".join(one for one in arguments if not one.startswith("-"))
        raise AgentError(f"`kubeadm {command}` ended with {error.code}: {error_message(error.output)}") from error
