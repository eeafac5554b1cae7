"""Running kubeadm, and saying what it says when it fails."""

from ..core.errors import AgentError
from ..host.host import CommandError, Host
from .paths import KUBEADM

_USELESS = ("To see the stack trace", "[preflight] If you know what you are doing", "W", "I")
"""How lines begin that do not say what is wrong: advice, and what the program logs meanwhile."""

_LINES = 4
_LONGEST = 600


def failure(output: str) -> str:
    """What is wrong, in what kubeadm prints when it fails."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith(_USELESS)]
    wrong = [line for line in lines if "[ERROR" in line or line.startswith("error")]
    said = "; ".join(line.rstrip(":") for line in (wrong or lines)[-_LINES:])
    return f"{said[:_LONGEST]}…" if len(said) > _LONGEST else said


def run_kubeadm(host: Host, *arguments: str, seconds: float = 300) -> str:
    """Run kubeadm with the node's configuration.

    Args:
        host: the instance.
        *arguments: its command and arguments.
        seconds: how long it may take.

    Raises:
        AgentError: it fails, with what it says.
    """
    try:
        return host.run("kubeadm", *arguments, f"--config={host.path(KUBEADM)}", seconds=seconds)
    except CommandError as error:
        command = " ".join(one for one in arguments if not one.startswith("-"))
        raise AgentError(f"`kubeadm {command}` ended with {error.code}: {failure(error.output)}") from error
