"""Timers of systemd that call the agent's commands."""

from dataclasses import dataclass

from ..core.paths import HOME
from .host import Host

FOLDER = "/etc/systemd/system"


@dataclass(frozen=True)
class Timer:
    """A command of the agent that systemd calls.

    Attributes:
        command: the command.
        does: its description, for people.
        minutes: minutes between two calls; the first one is that long after the instance's start.
        spread: a call is late by at most this many minutes, so that instances do not call at the same time.
    """

    command: str
    does: str
    minutes: int
    spread: int = 0

    @property
    def unit(self) -> str:
        """The timer unit's name; its service has the same."""
        return f"tripod-{self.command}.timer"

    def service_text(self) -> str:
        """Render the service. A call that fails leaves it in the state failed until the next one succeeds."""
        return f"""[Unit]
Description=Tripod: {self.does}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={HOME}
ExecStart=/usr/bin/python3 -m agent {self.command}
TimeoutStartSec=1h
Nice=10
IOSchedulingClass=idle
"""

    def timer_text(self) -> str:
        """Render the timer."""
        return f"""[Unit]
Description=Tripod: {self.does}

[Timer]
OnBootSec={self.minutes}min
OnUnitActiveSec={self.minutes}min
RandomizedDelaySec={self.spread}min
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def install_timer(host: Host, timer: Timer) -> None:
    """Install a command's units, and start the timer now and at every boot."""
    service = f"{FOLDER}/{timer.unit.removesuffix('.timer')}.service"
    host.write(service, timer.service_text())
    changed = host.write(f"{FOLDER}/{timer.unit}", timer.timer_text())
    host.enable(timer.unit, changed=changed)
