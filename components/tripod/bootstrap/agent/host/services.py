"""Units of systemd that keep a command of the agent running."""

from dataclasses import dataclass

from ..core.paths import HOME
from .host import Host
from .units import FOLDER


@dataclass(frozen=True)
class Service:
    """A command of the agent that does not end by itself.

    Attributes:
        command: the command.
        does: its description, for people.
        stop_seconds: seconds that it may take to end when systemd stops it.
    """

    command: str
    does: str
    stop_seconds: int = 10

    @property
    def unit(self) -> str:
        """The unit's name."""
        return f"tripod-{self.command}.service"

    def text(self) -> str:
        """Render the unit."""
        return f"""[Unit]
Description=Tripod: {self.does}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
WorkingDirectory={HOME}
ExecStart=/usr/bin/python3 -m agent {self.command}
Restart=always
RestartSec=5
TimeoutStopSec={self.stop_seconds}

[Install]
WantedBy=multi-user.target
"""


def install_service(host: Host, service: Service) -> None:
    """Install a command's unit, and start it now and at every boot."""
    changed = host.write(f"{FOLDER}/{service.unit}", service.text())
    host.enable(service.unit, changed=changed)
