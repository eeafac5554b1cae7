"""Control-plane nodes on instances: kubeadm's phases, and the processes of the manifests that they write."""

from collections.abc import Mapping

from support.controlplane.instance import Instance
from support.controlplane.static_pod import ApiServer, ControllerManager, Scheduler

KUBEADM = "/etc/kubernetes/kubeadm.yaml"
PHASES = (("certs", "all"), ("kubeconfig", "all"), ("control-plane", "all"))


class ControlPlaneNode:
    """An instance with an API server, a controller manager and a scheduler.

    Attributes:
        instance: where they run.
        api: its API server.
        controllers: its controller manager.
        scheduler: its scheduler.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.api = ApiServer(instance)
        self.controllers = ControllerManager(instance)
        self.scheduler = Scheduler(instance)

    def prepare(self, configuration: str, shared: Mapping[str, str | bytes]) -> None:
        """Have kubeadm write certificates, kubeconfigs and manifests; without a kubelet, so phase by phase.

        Args:
            configuration: kubeadm's.
            shared: path → content of what all nodes share, which kubeadm would else make anew.
        """
        self.instance.write({**shared, KUBEADM: configuration})
        for phase in PHASES:
            self.instance.run("kubeadm", "init", "phase", *phase, f"--config={KUBEADM}")

    def start(self) -> float:
        """Start all three and wait until they are ready; return the seconds that the API server took."""
        self.api.start()
        seconds = self.api.wait_ready()
        for process in (self.controllers, self.scheduler):
            process.start()
            process.wait_ready()
        return seconds
