"""Control-plane nodes on instances: the processes of the manifests that kubeadm writes there."""

from support.controlplane.instances.instance import Instance
from support.controlplane.static_pod import ApiServer, ControllerManager, Scheduler


class ControlPlaneNode:
    """An instance with an API server, a controller manager and a scheduler.

    Attributes:
        instance: where they run.
        api: its API server.
        controllers: its controller manager.
        scheduler: its scheduler.
        pods: all three.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.api = ApiServer(instance)
        self.controllers = ControllerManager(instance)
        self.scheduler = Scheduler(instance)
        self.pods = (self.api, self.controllers, self.scheduler)
