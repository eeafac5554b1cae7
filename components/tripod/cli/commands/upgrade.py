"""`tripod upgrade`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tripod.cli.commands.options import Json, Name, Stack
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json

if TYPE_CHECKING:
    from tripod.cli.target import ClusterTarget
    from tripod.operations.upgrade.plan import RunningVersions


def upgrade(
    stack: Stack,
    target: Annotated[str, typer.Argument(metavar="VERSION", help="The Kubernetes version to upgrade to.")],
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Show the plan: you carry an upgrade out yourself.")] = True,
    etcd: Annotated[str, typer.Option(help="The etcd version to upgrade to; by default it stays.")] = "",
    offline: Annotated[bool, typer.Option("--offline", help="By the stack file alone; ask no instance.")] = False,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Plan an upgrade of Kubernetes: the changes to the stack file and the commands to run, in order.

    One minor version at a time; etcd, then the control plane, then workers, so that no kubelet is ever newer than its
    API server, nor more than three minors older. `tripod roll` carries each step out.
    """
    from rich.console import Console

    from tripod.cli.output.operations import print_upgrade, upgrade_json
    from tripod.cli.target import open_cluster
    from tripod.operations.upgrade.plan import RunningVersions, unknown_digests, upgrade_plan

    del plan  # There is nothing else to do yet; the option says so.
    with stack_errors(stack, as_json=as_json):
        found = open_cluster(stack, cluster)
        running = RunningVersions() if offline else _running(found)
        steps = upgrade_plan(stack, found.versions(), running, target, etcd)
        unknown = unknown_digests(steps, found.section("supply").get("digests") or {})
    if as_json:
        print_json(upgrade_json(steps, unknown))
    else:
        print_upgrade(Console(), steps, unknown, stack, found.project.name)


def _running(target: ClusterTarget) -> RunningVersions:
    """The versions that instances run, as they report them."""
    from tripod.cli.commands.common import busy
    from tripod.operations.etcd_health import MemberView
    from tripod.operations.fleet import CONTROL_PLANE, WORKERS, members_of
    from tripod.operations.observe import fleet_of, member_views, registered_nodes
    from tripod.operations.upgrade.plan import RunningVersions

    with busy("Asking every instance for its version (`--offline` asks none)"):
        fleet, remote = fleet_of(target.inventory()), target.remote()
        views = [view for _, view in member_views(remote, members_of(fleet)) if isinstance(view, MemberView)]
        by_role = {
            role: [node.instance for node in fleet.nodes if node.in_service and fleet.role(node) == role]
            for role in (CONTROL_PLANE, WORKERS)
        }
        asked = [*by_role[CONTROL_PLANE], *by_role[WORKERS]]
        nodes = registered_nodes(remote, by_role[CONTROL_PLANE], asked)
    kubelets = {
        role: frozenset(str(nodes[one]["kubelet"]).removeprefix("v") for one in found if one in nodes)
        for role, found in by_role.items()
    }
    return RunningVersions(kubelets[CONTROL_PLANE], kubelets[WORKERS], frozenset(view.version for view in views))
