"""What each role does. A role's module is loaded only on its instances."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from .core.errors import AgentError
from .core.phases import Phase
from .instance.boot_unit import RESUME
from .instance.context import Agent

_MODULES = {"etcd": "etcd.role", "control-plane": "control_plane.role", "workers": "workers.role"}
"""Role → its module, which has PHASES (a tuple of phases) and COMMANDS (name → what timers and people call)."""

Command = Callable[[Agent], str]


@dataclass(frozen=True)
class Role:
    """What an instance of a role does.

    Attributes:
        phases: its boot, in order.
        commands: what is called after it, by timers and people.
    """

    phases: Sequence[Phase[Agent]]
    commands: Mapping[str, Command]


def role_named(name: str) -> Role:
    """A role, by the name that its document says.

    Raises:
        AgentError: this agent does not know it.
    """
    package = __package__ or "agent"
    if name not in _MODULES:
        raise AgentError(f"this agent does not know the role {name!r}")
    module = import_module(f"{package}.{_MODULES[name]}")
    return Role((RESUME, *module.PHASES), module.COMMANDS)
