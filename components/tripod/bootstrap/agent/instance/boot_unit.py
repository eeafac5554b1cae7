"""A boot that was stopped half-way goes on by itself, also after a reboot."""

from ..core.paths import HOME
from ..core.phases import Phase
from .context import Agent

BOOT_UNIT = "tripod-boot.service"
IN_UNIT = "TRIPOD_BOOT_UNIT"
"""The variable by which a boot knows that systemd runs it, and will run it again."""


def boot_unit() -> str:
    """The unit that boots the instance into its role, until that has succeeded once since power-on."""
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
    """Have systemd go on with the boot: what cloud-init starts is not started again when it fails."""
    agent.host.run("systemctl", "start", "--no-block", BOOT_UNIT)
    return f"{BOOT_UNIT} goes on; see `journalctl -u {BOOT_UNIT}`"


RESUME = Phase("resume", "have systemd repeat the boot until it has succeeded, and at every power-on", _install)
