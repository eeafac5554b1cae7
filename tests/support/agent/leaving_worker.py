"""A worker that leaves its cluster, with a Kubernetes API in memory."""

from pathlib import Path
from typing import Any

from support.agent.kubernetes_api import Api
from support.agent.kubernetes_nodes import FakeInstance, node_instance, worker
from tripod.bootstrap.agent.workers.termination import Clock as Ticking
from tripod.bootstrap.agent.workers.termination import drain_on_termination

STATE = "meta-data/autoscaling/target-lifecycle-state"


class Worker:
    """A worker in an emulated group whose hook waits for it."""

    def __init__(self, folder: Path, *pods: dict[str, Any], **document: Any) -> None:
        self.standing: FakeInstance = node_instance(folder, worker(**document))
        self.api = Api(self.standing)
        for one in pods:
            self.api.put("pods", one["metadata"]["name"], one)
        self.clock = self.standing.clock
        self.standing.metadata.entries[STATE] = "InService"

    def leave(self) -> str:
        return drain_on_termination(self.standing.agent, Ticking(self.clock.sleep, lambda: self.clock.time))

    def end(self) -> None:
        self.standing.metadata.entries[STATE] = "Terminated"

    def gone(self, name: str) -> None:
        self.api.objects.pop(("pods", "", name))

    @property
    def evicted(self) -> list[str]:
        return [path.split("/")[-2] for path, _ in self.api.posted if path.endswith("/eviction")]
