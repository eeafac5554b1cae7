"""A stack created in an emulated AWS, its objects in a local Kubernetes where there is one, and looked at."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from tripod.cluster.component import CLUSTER_TYPE
from tripod.network.spec import NetworkSpec
from tripod.operations.in_cluster import WITHOUT_NODES
from tripod.operations.in_cluster.view import ClusterView, KubernetesApi
from tripod.operations.inventory import ClusterInventory
from tripod.operations.verify import CHECKS, Outcome, run_checks
from tripod.operations.verify import verify as look
from tripod.rehearsal.local_kubernetes import VARIABLE, local_kubernetes
from tripod.rehearsal.moto_backend import MotoBackend
from tripod.rehearsal.moto_server import emulated_aws
from tripod.rehearsal.objects import AppliedObjects, ComparedObjects, ObjectResult, Objects
from tripod.rehearsal.program import Recording, record
from tripod.rehearsal.protocol_values import plain
from tripod.stack.aws_clients import Clients
from tripod.stack.project import Project, StackConfig

SETTLING_SECONDS = 20
"""How long an API server may take to heed what was applied to it."""


@dataclass(frozen=True)
class Rehearsed:
    """What came of a rehearsal.

    Attributes:
        recording: what the program declared.
        outcomes: the promises that were looked at.
        fates: URN of a Kubernetes object → what became of it.
    """

    recording: Recording
    outcomes: list[Outcome]
    fates: Mapping[str, ObjectResult]


def rehearsed(console: Console, project: Project, stack: str, config: StackConfig, plan: Recording) -> Rehearsed:
    """Create and verify a stack, showing how far it is.

    Args:
        console: where progress is shown.
        project: the project.
        stack: the stack's name.
        config: what the stack is told.
        plan: the stack's plan.

    Raises:
        RehearsalError: the emulated AWS, or Kubernetes, refused something.
        LocalKubernetesError: the API server that was named is none, or does not start.
    """
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
    ) as progress:
        creating = progress.add_task("Creating resources", total=len(plan.registrations))
        place = os.environ.get(VARIABLE) or None
        with emulated_aws() as address, local_kubernetes(place, service_range(plan)) as kubeconfig:
            objects: Objects = AppliedObjects(kubeconfig) if kubeconfig else ComparedObjects()
            backend = MotoBackend(Clients(address), config.region, objects)
            recording = record(project, stack, config, backend, on_done=lambda _: progress.advance(creating))
            clusters = declared_clusters(recording)
            checking = progress.add_task("Verifying promises", total=len(CHECKS) * len(clusters))
            outcomes: list[Outcome] = []
            for name in clusters:
                account = ClusterInventory(Clients(address), config.region, name)
                outcomes += look(account, on_done=lambda _: progress.advance(checking))
            if kubeconfig and objects.results:
                progress.update(checking, description="Asking the API server")
                outcomes += inside_outcomes(kubeconfig)
    return Rehearsed(recording, outcomes, objects.results)


def inside_outcomes(kubeconfig: Path) -> list[Outcome]:
    """What a local API server, to which no node belongs, shows of the promises.

    Args:
        kubeconfig: how it is reached.
    """
    deadline = time.monotonic() + SETTLING_SECONDS
    while True:
        outcomes = run_checks(WITHOUT_NODES, ClusterView(KubernetesApi(kubeconfig), "node"))
        # A policy is heeded a moment after it was applied.
        if all(outcome.passed for outcome in outcomes) or time.monotonic() > deadline:
            return outcomes
        time.sleep(0.5)


def declared_clusters(recording: Recording) -> list[str]:
    """The names of the clusters that a program declares; none where it uses other components alone."""
    declared = [one for one in recording.registrations.values() if one.type == CLUSTER_TYPE]
    return sorted(plain(one.inputs)["cluster"]["name"] for one in declared)


def service_range(recording: Recording) -> str:
    """The range of Services of a program's cluster, or the default of one."""
    default: str = NetworkSpec.model_fields["service_cidr"].default
    for one in recording.registrations.values():
        if one.type == CLUSTER_TYPE:
            network = plain(one.inputs)["network"]
            return network.get("service_cidr") or network.get("serviceCidr") or default
    return default
