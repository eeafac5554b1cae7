"""Command line of the boot agent: ``python3 -m agent boot`` brings an instance to its role."""

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from .core.errors import AgentError
from .core.phases import run_phases
from .host.host import Host
from .host.lock import acquire
from .instance.boot_unit import IN_UNIT, INSTALL_BOOT_UNIT, hand_over
from .instance.context import Agent, open_agent
from .roles import Role, role_named

LOCK = "/run/tripod/boot.lock"

_USAGE = """usage: python3 -m agent COMMAND
  boot        run every phase of this instance's role
  phases      list them
  phase NAME  run one of them"""


def main(arguments: Sequence[str], host: Host | None = None) -> int:
    """Run a command.

    Args:
        arguments: the command and its arguments.
        host: the instance.

    Returns:
        The exit code: 0, 1 if the command failed, 2 if there is no such command.
    """
    try:
        agent = open_agent(host or Host(), _log)
        return _run(agent, role_named(agent.config.role), list(arguments))
    except AgentError as error:
        print(f"tripod: {error}", file=sys.stderr, flush=True)  # noqa: T201
        return 1


def _run(agent: Agent, role: Role, arguments: list[str]) -> int:
    phases = {phase.name: phase for phase in role.phases}
    match arguments:
        case ["phases"]:
            for phase in role.phases:
                print(f"{phase.name:<16} {phase.does}")  # noqa: T201
        case ["boot"]:
            with _boot_lock(agent.host):
                if os.environ.get(IN_UNIT):
                    run_phases(role.phases, agent, agent.log)
                else:
                    run_phases([INSTALL_BOOT_UNIT], agent, agent.log)
            if not os.environ.get(IN_UNIT):
                agent.log(hand_over(agent))
        case ["phase", name] if name in phases:
            with _boot_lock(agent.host):
                run_phases([phases[name]], agent, agent.log)
        case [name] if name in role.commands:
            agent.log(f"{name}: {role.commands[name](agent)}")
        case _:
            print(_USAGE, file=sys.stderr)  # noqa: T201
            print(f"commands of this role: {', '.join(role.commands)}", file=sys.stderr)  # noqa: T201
            print(f"phases of this role: {', '.join(phases)}", file=sys.stderr)  # noqa: T201
            return 2
    return 0


def _boot_lock(host: Host) -> TextIO:
    """Lock the instance against a second boot."""
    return acquire(host, LOCK, AgentError("a boot is at work on this instance already: wait for it, or stop it first"))


def _log(line: str) -> None:
    print(f"tripod: {line}", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
