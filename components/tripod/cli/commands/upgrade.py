"""`tripod upgrade`."""

from typing import Annotated

import typer
from rich.console import Console

from tripod.cli.commands.options import Json, Name, Stack, busy, members_of
from tripod.cli.errors import print_json
from tripod.cli.output import operations as printing
from tripod.cli.target import ClusterTarget, open_cluster, operation_errors
from tripod.operations.etcd_health import MemberView
from tripod.operations.fleet import CONTROL_PLANE, WORKERS
from tripod.operations.observe import fleet_of, member_views, registered_nodes
from tripod.operations.upgrade.plan import Running, unknown_digests, upgrade_plan


def upgrade(
    stack: Stack,
    target: Annotated[str, typer.Argument(metavar="VERSION", help="The Kubernetes version that is wanted.")],
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Show the plan: an upgrade is done by you.")] = True,
    etcd: Annotated[str, typer.Option(help="The version of etcd that is wanted; by default it stays.")] = "",
    offline: Annotated[bool, typer.Option("--offline", help="By the stack file alone; ask no instance.")] = False,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Say how to come to a newer Kubernetes: what to change in the stack file, what to run, in which order.

    One minor version at a time; etcd, then the control plane, then workers, so that no kubelet is ever newer than its
    API server, nor more than three minors older. `tripod roll` carries each step out.
    """
    del plan  # There is nothing else to do yet; the option says so.
    with operation_errors(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        running = Running() if offline else _running(opened)
        steps = upgrade_plan(stack, opened.versions(), running, target, etcd)
        unknown = unknown_digests(steps, opened.section("supply").get("digests") or {})
    if as_json:
        print_json(printing.upgrade_json(steps, unknown))
    else:
        printing.print_upgrade(Console(), steps, unknown, stack, opened.project.name)


def _running(opened: ClusterTarget) -> Running:
    """The versions that instances run, as they say themselves."""
    with busy("Asking every instance what it runs (`--offline` asks none)"):
        fleet, remote = fleet_of(opened.account()), opened.remote()
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
    return Running(kubelets[CONTROL_PLANE], kubelets[WORKERS], frozenset(view.version for view in views))
