"""The kubelet's unit, as kubeadm expects it."""

from ..host.host import Host
from ..host.units import FOLDER
from ..instance.documents import Supply
from ..instance.downloads import PROGRAMS
from .image_credentials import prepare_image_credentials
from .paths import BOOTSTRAP_KUBELET, KUBELET, KUBELET_STATE

_FILES_OF_KUBEADM = tuple(
    f"{KUBELET_STATE}/{name}" for name in ("config.yaml", "instance-config.yaml", "kubeadm-flags.env")
)

UNIT = "kubelet.service"

_PATH = f"{FOLDER}/{UNIT}"


def kubelet_unit() -> str:
    """Render the unit. kubeadm writes the files that it names, and then starts it."""
    return f"""\
[Unit]
Description=Kubernetes' agent on this node
Wants=network-online.target containerd.service
After=network-online.target containerd.service
ConditionPathExists={KUBELET_STATE}/config.yaml
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-{KUBELET_STATE}/kubeadm-flags.env
ExecStart={PROGRAMS}/kubelet --config={KUBELET_STATE}/config.yaml \\
    --kubeconfig={KUBELET} --bootstrap-kubeconfig={BOOTSTRAP_KUBELET} $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=5
CPUAccounting=yes
MemoryAccounting=yes

[Install]
WantedBy=multi-user.target
"""


def prepare_kubelet(host: Host, supply: Supply) -> str:
    """Install the unit; it starts with every boot once kubeadm has configured it."""
    prepare_image_credentials(host, supply)
    changed = host.write(_PATH, kubelet_unit(), 0o600)
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "enable", UNIT)
    return f"{UNIT} is {'installed' if changed else 'there'}"


def restrict_kubelet_files(host: Host) -> None:
    """Let only root read the kubelet's configuration: kubeadm makes it readable by all (phases/kubelet/config.go)."""
    for path in _FILES_OF_KUBEADM:
        if host.path(path).exists():
            host.path(path).chmod(0o600)
