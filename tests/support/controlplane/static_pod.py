"""Kubernetes' control plane, as the kubelet would run it: from the manifests that kubeadm writes."""

import json
import ssl
from pathlib import PurePosixPath
from typing import Any

import yaml

from support.controlplane.caller import Caller
from support.controlplane.instances.instance import Instance
from support.controlplane.instances.process import Process

MANIFESTS = "/etc/kubernetes/manifests"
SUPER_ADMIN = "/etc/kubernetes/super-admin.conf"
"""Needs no RBAC object: admin.conf does, and a later phase of kubeadm makes it."""


class StaticPod(Process):
    """A static pod's one container, run as a process with the command line of its manifest.

    A process sees more files than a container would, so what a container would not find is looked for at the start.
    """

    component: str
    grace: float = 30
    """Its termination grace period, of the manifest that it was started with."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance, self.component, ())

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest, as it is now."""
        return yaml.safe_load(self.instance.path(f"{MANIFESTS}/{self.component}.yaml").read_text())

    @property
    def container(self) -> dict[str, Any]:
        """Its container."""
        (container,) = self.manifest["spec"]["containers"]
        return container

    def start(self) -> None:
        """Start it with what the manifest says now.

        Raises:
            RuntimeError: the kubelet could not start it, or its container would lack a file.
        """
        problems = [*self._volume_problems(), *self._path_problems()]
        if problems:
            raise RuntimeError(f"{self.component} on {self.instance.name}: {'; '.join(problems)}")
        container = self.container
        self.grace = self.manifest["spec"].get("terminationGracePeriodSeconds", 30)
        self.command = (*container["command"], *container.get("args", ()))
        self.environment = {one["name"]: one["value"] for one in container.get("env", ())}
        super().start()

    def wait_ready(self, seconds: float = 120) -> float:
        """Wait until its startup probe passes; return the seconds that it took."""
        return self.wait_until("ready", self.ready, seconds)

    def ready(self) -> bool:
        """True if it answers its startup probe with 200, called on the instance as the kubelet does."""
        probe = self.container["startupProbe"]["httpGet"]
        port = self._port(probe["port"])
        url = f"{probe['scheme'].lower()}://{probe['host']}:{port}{probe['path']}"
        return self.instance.run("curl", "--insecure", "--silent", "--fail", url, check=False).returncode == 0

    def _port(self, port: int | str) -> int:
        named = {one["name"]: one["containerPort"] for one in self.container.get("ports", ())}
        return port if isinstance(port, int) else named[port]

    def _volume_problems(self) -> list[str]:
        """Do with volumes what the kubelet does, and say what it could not."""
        problems: list[str] = []
        mounts = {one["name"]: one["mountPath"] for one in self.container["volumeMounts"]}
        for volume in self.manifest["spec"]["volumes"]:
            path, kind = volume["hostPath"]["path"], volume["hostPath"].get("type", "")
            here = self.instance.path(path)
            if kind == "DirectoryOrCreate":
                here.mkdir(parents=True, exist_ok=True)
            elif kind == "FileOrCreate":
                here.touch()
            elif (kind == "Directory" and not here.is_dir()) or (kind == "File" and not here.is_file()):
                problems.append(f"{path} is no {kind.lower()}")
            if mounts.get(volume["name"], path) != path:
                problems.append(f"{path} is mounted as {mounts[volume['name']]}, which a process cannot have")
        return problems

    def _path_problems(self) -> list[str]:
        """Say which files of the command line are in no volume."""
        mounts = [PurePosixPath(one["mountPath"]) for one in self.container["volumeMounts"]]
        values = [argument.partition("=")[2] for argument in self.container["command"]]
        paths = [PurePosixPath(value) for value in values if value.startswith("/")]
        return [f"{path} is in no volume" for path in paths if not any(path.is_relative_to(one) for one in mounts)]


class ApiServer(StaticPod):
    """A kube-apiserver."""

    component = "kube-apiserver"

    @property
    def address(self) -> str:
        """The address that it advertises and answers at."""
        return str(self.instance.address)

    def status(self, path: str) -> int:
        """Status of an anonymous request from the network, as a load balancer makes it; its name verified."""
        context = ssl.create_default_context(cafile=self.instance.path("/etc/kubernetes/pki/ca.crt"))
        return Caller(self.address, context).ask("GET", path, seconds=5).status

    def ready(self) -> bool:
        """True if a load balancer would send requests."""
        return self.status("/readyz") == 200

    def kubectl(self, *arguments: str, given: str | None = None, kubeconfig: str = SUPER_ADMIN) -> Any:
        """Call kubectl on this instance, for this API server, and read its answer where it is JSON.

        Raises:
            CommandError: it fails, with what it said.
        """
        server = f"--server=https://{self.address}:6443"
        command = ("kubectl", f"--kubeconfig={kubeconfig}", server, *arguments)
        answer = self.instance.run(*command, given=given).stdout
        return json.loads(answer) if answer.lstrip().startswith(("{", "[")) else answer


class ControllerManager(StaticPod):
    """A kube-controller-manager."""

    component = "kube-controller-manager"


class Scheduler(StaticPod):
    """A kube-scheduler."""

    component = "kube-scheduler"
