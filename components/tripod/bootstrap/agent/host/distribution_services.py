"""Services of the distribution that would act against ours: automatic upgrades, networkd, logind, cloud-init."""

from .host import Host

UPGRADE_TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")
"""Timers of the package apt. The second runs unattended-upgrades, on all instances between 6:00 and 7:00."""

SHUTDOWN_SECONDS = 45
"""Seconds that a node's shutdown waits for its kubelet, which ends the pods meanwhile."""

NETWORKD_FILE = "/etc/systemd/networkd.conf.d/tripod.conf"
NETWORKD_TEXT = """\
[Network]
ManageForeignRoutes=no
ManageForeignRoutingPolicyRules=no
"""
"""By default networkd removes routes and rules that it did not make when it starts: those of the network plugin.

An upgrade of systemd restarts it. Both settings are in systemd 249 and later (networkd.conf(5)).
"""

LOGIND_FILE = "/etc/systemd/logind.conf.d/zz-tripod.conf"
"""Drop-ins are sorted by name, whatever folder they are in, and the last one counts (logind.conf(5)).

The kubelet writes 99-kubelet.conf (pkg/kubelet/nodeshutdown/systemd/inhibit_linux.go), which comes before the
unattended-upgrades-logind-maxdelay.conf of unattended-upgrades with its 30 seconds; finding less than it has asked for,
the kubelet goes without a graceful shutdown (kubernetes/kubernetes#102818). This name comes after both.
"""
LOGIND_TEXT = f"[Login]\nInhibitDelayMaxSec={SHUTDOWN_SECONDS}\n"

CLOUD_INIT_FILE = "/etc/cloud/cloud.cfg.d/99-tripod.cfg"
CLOUD_INIT_TEXT = """\
updates:
  network:
    when: [boot-new-instance]
"""
"""Without the event hotplug, which the datasource Ec2 has by default since cloud-init 24.1 (Ubuntu 24.04).

With it, an interface that the plugin aws-vpc attaches gets netplan's addresses, routes and rules
(kubernetes/kops#17881). Debian 12 has 22.4, which knows the setting and has no such default. cloud-init reads it at
each event (cmd/devel/hotplug_hook.py), so that it counts without a restart.
"""

_NETWORKD, _LOGIND = "systemd-networkd.service", "systemd-logind.service"


def stop_upgrades(host: Host) -> str:
    """Switch automatic upgrades off: an instance is patched by a new image and a roll, one after another."""
    # Masked, since an upgrade of apt would enable them again.
    host.run("systemctl", "mask", "--now", *UPGRADE_TIMERS)
    return f"{', '.join(UPGRADE_TIMERS)} are off"


def prepare_services(host: Host) -> str:
    """Have networkd, logind and cloud-init leave a Kubernetes node's network and shutdown alone.

    Raises:
        CommandError: one of them does not take its settings.
    """
    if host.write(NETWORKD_FILE, NETWORKD_TEXT):
        # It reads the file only when it starts. A restart keeps addresses and leases (RestartKillSignal in its unit).
        host.run("systemctl", "try-restart", _NETWORKD)
    host.write(LOGIND_FILE, LOGIND_TEXT)
    if host.succeeds("systemctl", "is-active", "--quiet", _LOGIND):
        # As the kubelet does it; a restart would end sessions' records.
        host.run("systemctl", "kill", "--signal=HUP", _LOGIND)
    host.write(CLOUD_INIT_FILE, CLOUD_INIT_TEXT)
    return "networkd, logind and cloud-init are set"
