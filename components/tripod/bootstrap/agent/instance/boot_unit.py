"""The systemd unit that repeats an interrupted boot, also after a reboot."""

from ..core.paths import HOME
from ..core.phases import Phase
from .context import Agent

BOOT_UNIT = "tripod-boot.service"
IN_UNIT = "TRIPOD_BOOT_UNIT"
"""The variable that marks a boot run by systemd, which repeats it."""


def boot_unit() -> str:
    """Render the unit, which runs the boot until it has succeeded once since power-on."""
    return f"""[Unit]
Description=Tripod: bring this instance to its role
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
WorkingDirectory={HOME}
Environment={IN_UNIT}=1
ExecStart=/usr/bin/python3 -m agent boot
TimeoutStartSec=infinity
Restart=on-failure
RestartSec=20
StandardOutput=journal+console
StandardError=journal+console

[Install]
WantedBy=multi-user.target
"""


def _install(agent: Agent) -> str:
    changed = agent.host.write(f"/etc/systemd/system/{BOOT_UNIT}", boot_unit())
    agent.host.run("systemctl", "daemon-reload")
    agent.host.run("systemctl", "enable", BOOT_UNIT)
    return f"{BOOT_UNIT} is {'installed' if changed else 'there'}"


def hand_over(agent: Agent) -> str:
    """Have systemd continue the boot: cloud-init would not repeat it after a failure."""
    agent.host.run("systemctl", "start", "--no-block", BOOT_UNIT)
    return f"{BOOT_UNIT} goes on; see `journalctl -u {BOOT_UNIT}`"


INSTALL_BOOT_UNIT = Phase(
    "boot-unit", "have systemd repeat the boot until it succeeds, and at every power-on", _install
)
