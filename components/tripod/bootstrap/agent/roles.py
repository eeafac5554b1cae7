"""Roles of instances. A role's module is loaded only on its instances."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from .core.errors import AgentError
from .core.phases import Phase
from .host.distribution_services import stop_upgrades
from .instance.boot_unit import INSTALL_BOOT_UNIT
from .instance.context import Agent

_MODULES = {"etcd": "etcd.role", "control-plane": "control_plane.role", "workers": "workers.role"}
"""Role → its module, which has PHASES (a tuple of phases) and COMMANDS (name → function, for timers and people)."""

STOP_UPGRADES = Phase[Agent](
    "upgrades", "switch the distribution's automatic upgrades off", lambda agent: stop_upgrades(agent.host)
)
"""Before packages are installed: the timers' jobs hold apt's lock for minutes."""

Command = Callable[[Agent], str]


@dataclass(frozen=True)
class Role:
    """A role's phases and commands.

    Attributes:
        phases: its boot, in order.
        commands: name → command, which timers and people call later.
    """

    phases: Sequence[Phase[Agent]]
    commands: Mapping[str, Command]


def role_named(name: str) -> Role:
    """A role by its name.

    Raises:
        AgentError: there is no such role.
    """
    package = __package__ or "agent"
    if name not in _MODULES:
        raise AgentError(f"this agent does not know the role {name!r}")
    module = import_module(f"{package}.{_MODULES[name]}")
    return Role((INSTALL_BOOT_UNIT, STOP_UPGRADES, *module.PHASES), module.COMMANDS)
