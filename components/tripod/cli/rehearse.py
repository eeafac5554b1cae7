"""Rehearsals: a stack created in an emulated AWS, its objects in a local Kubernetes if there is one, and verified."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from tripod.cli.output.checks import outcomes_json, print_outcomes
from tripod.cli.output.objects import objects_json, objects_text
from tripod.cli.output.outputs import output_table
from tripod.cli.output.resources import recording_json, resource_tree
from tripod.cluster.component import CLUSTER_TYPE
from tripod.network.spec import NetworkSpec
from tripod.operations.in_cluster import WITHOUT_NODES
from tripod.operations.in_cluster.view import ClusterView, KubernetesApi
from tripod.operations.inventory import ClusterInventory
from tripod.operations.verify import CHECKS, Outcome, run_checks, verify
from tripod.rehearsal.local_kubernetes import VARIABLE, local_kubernetes
from tripod.rehearsal.moto_backend import MotoBackend
from tripod.rehearsal.moto_process import EmulatorProcess
from tripod.rehearsal.objects import AppliedObjects, ComparedObjects, ObjectResult, Objects
from tripod.rehearsal.program import Recording, record
from tripod.rehearsal.protocol_values import plain
from tripod.stack.aws_clients import Clients
from tripod.stack.project import Project, StackConfig

POLICY_SECONDS = 20
"""The longest time until an API server enforces applied policies."""


@dataclass(frozen=True)
class RehearsalResult:
    """The result of a rehearsal.

    Attributes:
        recording: the resources that the program declared.
        outcomes: the outcomes of its checks.
        results: URN of a Kubernetes object → its result.
    """

    recording: Recording
    outcomes: list[Outcome]
    results: Mapping[str, ObjectResult]


def run_rehearsal(
    console: Console, project: Project, stack: str, config: StackConfig, plan: Recording, emulator: EmulatorProcess
) -> RehearsalResult:
    """Create and verify a stack, showing progress.

    Args:
        console: the console for progress.
        project: the project.
        stack: the stack's name.
        config: the stack's configuration.
        plan: the stack's plan.
        emulator: the emulated AWS, empty.

    Raises:
        EngineError: the emulated AWS did not start.
        RehearsalError: the emulated AWS, or Kubernetes, refused something.
        LocalKubernetesError: the API server is not reached, or does not start.
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
        location = os.environ.get(VARIABLE) or None
        address = emulator.address()
        with local_kubernetes(location, service_range(plan)) as kubeconfig:
            objects: Objects = AppliedObjects(kubeconfig) if kubeconfig else ComparedObjects()
            backend = MotoBackend(Clients(address), config.region, objects)
            recording = record(project, stack, config, backend, on_done=lambda _: progress.advance(creating))
            clusters = declared_clusters(recording)
            checking = progress.add_task("Verifying", total=len(CHECKS) * len(clusters))
            outcomes: list[Outcome] = []
            for name in clusters:
                inventory = ClusterInventory(Clients(address), config.region, name)
                outcomes += verify(inventory, on_done=lambda _: progress.advance(checking))
            if kubeconfig and objects.results:
                progress.update(checking, description="Asking the API server")
                outcomes += in_cluster_outcomes(kubeconfig)
    return RehearsalResult(recording, outcomes, objects.results)


def in_cluster_outcomes(kubeconfig: Path) -> list[Outcome]:
    """Run the in-cluster checks that need no nodes, on a local API server.

    Args:
        kubeconfig: its kubeconfig.
    """
    deadline = time.monotonic() + POLICY_SECONDS
    while True:
        outcomes = run_checks(WITHOUT_NODES, ClusterView(KubernetesApi(kubeconfig), "node"))
        # A policy takes effect a moment after it was applied.
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


def print_rehearsal(console: Console, result: RehearsalResult, title: str, *, full: bool) -> None:
    """Print the resources, the outcomes of the checks, the Kubernetes objects and the outputs."""
    console.print(resource_tree(result.recording, title, full=full))
    console.print()
    if result.outcomes:
        print_outcomes(console, result.outcomes)
        console.print()
    if objects := objects_text(result.results):
        console.print(objects, soft_wrap=True)
        console.print()
    console.print(output_table(result.recording.outputs))
    console.print()


def rehearsal_json(result: RehearsalResult) -> dict[str, object]:
    """A rehearsal as data."""
    checks, objects = outcomes_json(result.outcomes), objects_json(result.results)
    return {**recording_json(result.recording), "checks": checks, "objects": objects}
