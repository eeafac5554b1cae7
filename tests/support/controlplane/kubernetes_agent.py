"""The boot agent of Kubernetes' roles, at work on instances with real servers; kubelet and runtime are faked.

`kubeadm init` waits for a kubelet that starts what it has written. Here the test is that kubelet: the same phases of
kubeadm run one by one, and between them the processes of its manifests.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from subprocess import TimeoutExpired
from typing import Any

from support.agent.clock import Clock
from support.agent.instance import BOOT, ZONE, FaultyAws, KnownMetadata
from support.controlplane.instances.host import InstanceHost
from support.controlplane.nodes import ControlPlaneNode
from support.controlplane.static_pod import MANIFESTS, SUPER_ADMIN, StaticPod
from tripod.bootstrap.agent.core.phases import Phase, run_phases
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.bootstrap.agent.instance.config import InstanceConfig
from tripod.bootstrap.agent.instance.context import Agent
from tripod.bootstrap.agent.instance.documents import KubernetesDocument

FAKED_PHASES = {"supply", "host", "containerd", "kubelet"}
"""Phases that need a system of their own: packages, kernel, runtime."""

_BEFORE_START = (("certs", "all"), ("kubeconfig", "all"), ("control-plane", "all"))
_AFTER_START = (("upload-config", "all"), ("bootstrap-token", "--skip-token-print"))
_ADMINISTRATORS = "kubeadm:cluster-admins"


@dataclass(frozen=True)
class ControlPlaneHost(InstanceHost):
    """An instance of the control plane, with something that does what a kubelet does.

    Attributes:
        node: its servers.
        starts: component → how often it was started.
    """

    node: ControlPlaneNode = field(kw_only=True)
    starts: dict[str, int] = field(default_factory=dict[str, int])

    def faked(self, *command: str) -> str | None:
        if self.starts:
            self._sync()
        match command:
            case ("kubeadm", "init", *_, configuration):
                return self._init(configuration)
            case ("crictl", "ps", *_, name):
                component = name.removeprefix("--name=^").removesuffix("$")
                running = next(pod for pod in self.node.pods if pod.component == component).running
                return f"{component}/{self.starts[component]}\n" if running else ""
            case ("crictl", "stop", timeout, container):
                grace = float(timeout.removeprefix("--timeout="))
                _end(next(pod for pod in self.node.pods if pod.component == container.partition("/")[0]), grace)
                return ""
            case _:
                return super().faked(*command)

    def _sync(self) -> None:
        """Have run what the manifests say, and nothing else."""
        for pod in self.node.pods:
            wanted = self.path(f"{MANIFESTS}/{pod.component}.yaml").exists()
            if wanted and not pod.running:
                pod.start()
                self.starts[pod.component] = self.starts.get(pod.component, 0) + 1
            elif not wanted and pod.running:
                _end(pod, pod.grace)

    def _init(self, configuration: str) -> str:
        for phase in _BEFORE_START:
            self.really("kubeadm", "init", "phase", *phase, configuration)
        self._sync()
        for pod in self.node.pods:
            pod.wait_ready()
        # What kubeadm does with the break-glass credential as soon as the server answers.
        if not self.node.api.kubectl("get", "clusterrolebinding", _ADMINISTRATORS, "--ignore-not-found", "-o=name"):
            binding = (_ADMINISTRATORS, "--clusterrole=cluster-admin", f"--group={_ADMINISTRATORS}")
            self.node.api.kubectl("create", "clusterrolebinding", *binding, kubeconfig=SUPER_ADMIN)
        for phase in _AFTER_START:
            self.really("kubeadm", "init", "phase", *phase, configuration)
        return ""


def _end(pod: StaticPod, seconds: float) -> None:
    """Do what a container runtime does: an API server with watches and idle connections does not end by itself."""
    try:
        pod.stop(seconds)
    except TimeoutExpired:
        pod.kill()


class BootedNode:
    """An instance that the agent boots.

    Attributes:
        host: its files and commands.
        document: its configuration.
        id: its id in the emulated account.
        cloud: its AWS.
        lines: the lines that its agent logged.
    """

    def __init__(self, host: InstanceHost, instance_id: str, document: KubernetesDocument) -> None:
        """Make one.

        Args:
            host: its files and commands.
            instance_id: its id in the emulated account.
            document: its configuration.
        """
        self.host = host
        self.id = instance_id
        self.lines: list[str] = []
        self.cloud = FaultyAws(Clock(), self.lines.append)
        self.document = document
        entries = {
            "instance-id": instance_id,
            "placement/availability-zone": ZONE,
            "local-ipv4": str(host.instance.address),
        }
        self._metadata = KnownMetadata(entries={f"meta-data/{name}": value for name, value in entries.items()})

    def agent(self, **changes: Any) -> Agent:
        """The agent's context."""
        config = InstanceConfig(replace(BOOT, role=self.document.role, name=""), self.document)
        retry_policy = RetryPolicy(60, first=0.1, longest=1)
        return Agent(self.host, config, self.cloud, self._metadata, self.lines.append, retry_policy, **changes)

    def boot(self, phases: Sequence[Phase[Agent]]) -> None:
        """Run the role's phases, as at a power-on."""
        run_phases([phase for phase in phases if phase.name not in FAKED_PHASES], self.agent(), self.lines.append)

    def command(self, act: Callable[[Agent], str], **changes: Any) -> str:
        """Run one of the role's commands."""
        return act(self.agent(**changes))
