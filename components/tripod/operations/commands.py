"""The commands that act on a running cluster. Each shows what it would do, and does it with `--yes`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tripod.bootstrap.agent.retry import Patience
from tripod.explained import BROKEN, REFUSED, print_json
from tripod.operations import printing
from tripod.operations.backup import member_for_snapshot, snapshot_place, snapshots, staleness, take_snapshot
from tripod.operations.etcd_health import MemberView
from tripod.operations.failures import Refusal, RefusedError
from tripod.operations.fleet import CONTROL_PLANE, ETCD, WORKERS, Fleet
from tripod.operations.observing import ClusterHealth, fleet_of, member_views, observe, registered_nodes, terminate
from tripod.operations.opened import Opened, open_cluster, reported
from tripod.operations.restore import Restorer, Wanted, look, new_token, next_commands, restore_plan
from tripod.operations.roll import Choice, roll_plan
from tripod.operations.rolling import Roller
from tripod.operations.rotate import described, goal_of, key_refusals, rotation_steps
from tripod.operations.rotating import Rotator, Vault
from tripod.operations.upgrade import Running, upgrade_plan
from tripod.pki.names import ClusterPaths, SecretName
from tripod.words import counted

Stack = Annotated[str, typer.Argument(metavar="STACK", help="The stack: local, staging, production …")]
Json = Annotated[bool, typer.Option("--json", help="Print data for machines instead of text for people.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without, what would be done is shown.")]
Name = Annotated[str, typer.Option("--cluster", help="The cluster's name, where the stack file does not say it.")]
Minutes = Annotated[int, typer.Option("--minutes", help="How long each thing that is waited for may take.", min=1)]

_DATES = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"]


def roll(
    stack: Stack,
    *,
    yes: Yes = False,
    only: Annotated[str, typer.Option(help="A role (etcd, control-plane, workers) or a group's name.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also what runs the newest template already.")] = False,
    launched_before: Annotated[
        datetime | None, typer.Option(formats=_DATES, help="Also what was launched before this moment (UTC).")
    ] = None,
    minutes: Minutes = 30,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Replace instances that do not run their newest template: one at a time, members first, each until it is well."""
    with reported(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        # AWS knows launches to the second.
        moment = datetime.now(UTC).replace(microsecond=0) if everything else launched_before
        choice = Choice(only, moment.replace(tzinfo=UTC) if moment else None)
        health = ClusterHealth(opened.account, opened.remote())
        if not yes:
            plan = roll_plan(observe(opened.account(), health), choice)
            _shown(as_json, printing.roll_json(plan), lambda console: printing.print_roll(console, plan), plan.refusals)
            return
        account, tell = opened.account(), _tell()
        roller = Roller(
            lambda: observe(opened.account(), health),
            lambda instance: terminate(account, instance),
            _patience(minutes),
            tell,
        )
        done = roller.roll(choice)
        tell(f"{counted(len(done), 'instance')} replaced, all well")
    if as_json:
        print_json({"replaced": [step.node.instance for step in done]})


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
    """Say how to come to a newer Kubernetes: what to change in the stack file, what to run, in which order."""
    del plan  # There is nothing else to do yet; the option says so.
    with reported(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        running = Running() if offline else _running(opened)
        steps = upgrade_plan(stack, opened.versions(), running, target, etcd)
    if as_json:
        print_json(printing.upgrade_json(steps))
    else:
        printing.print_upgrade(Console(), steps)


def backup(stack: Stack, *, yes: Yes = False, cluster: Name = "", as_json: Json = False) -> None:
    """Take a snapshot of etcd now, and look whether it lies in the bucket as it should."""
    with reported(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        account, remote = opened.account(), opened.remote()
        place, instances = snapshot_place(account), _members(fleet_of(account))
        member = member_for_snapshot(member_views(remote, instances))
        if not yes:
            told = f"Would take a snapshot on member {member} ({instances[member]}) into s3://{place.bucket}."
            _shown(as_json, {"member": member, "bucket": place.bucket}, lambda console: console.print(Text(told)))
            return
        taken = take_snapshot(account, remote, place, member, instances[member])
    if as_json:
        found = {"key": taken.snapshot.key, "bytes": taken.snapshot.size, "revision": taken.revision}
        print_json({"bucket": taken.bucket, "member": taken.member, **found})
    else:
        revision = "" if taken.revision is None else f", revision {taken.revision}"
        size = f"{taken.snapshot.size} bytes{revision}, on member {taken.member}"
        Console().print(Text(f"s3://{taken.bucket}/{taken.snapshot.key}: {size}"), soft_wrap=True)


def backups(stack: Stack, *, cluster: Name = "", as_json: Json = False) -> None:
    """List the snapshots of etcd. Exit code 1 where the newest is older than two intervals."""
    now = datetime.now(UTC)
    with reported(stack, as_json=as_json):
        account = open_cluster(stack, cluster).account()
        place = snapshot_place(account)
        found = snapshots(account, place)
    problem = staleness(found, place, now)
    if as_json:
        print_json({"bucket": place.bucket, "snapshots": printing.snapshots_json(found, now), "problem": problem})
    else:
        printing.print_snapshots(Console(), found, now)
        if problem:
            Console(stderr=True).print(Text(problem, "red"), soft_wrap=True)
    if problem:
        raise typer.Exit(BROKEN)


def restore(
    stack: Stack,
    *,
    yes: Yes = False,
    snapshot: Annotated[str, typer.Option(help="The snapshot's key; by default the newest.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Though etcd works: what is in it is given up.")] = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Bring all of etcd back from a snapshot, on every member, as a new cluster."""
    now = datetime.now(UTC)
    with reported(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        account, remote = opened.account(), opened.remote()
        place = snapshot_place(account)
        scene = look(account, remote, place)
        newest = next((one.key for one in snapshots(account, place)), "the newest snapshot")
        wanted = Wanted(place.bucket, snapshot or newest, new_token(place.token, now), force)
        plan = restore_plan(scene, wanted)
        if not yes:
            data = {**printing.restore_json(plan), "snapshot": wanted.key}

            def show(console: Console) -> None:
                console.print(Text(f"Snapshot s3://{wanted.bucket}/{wanted.key}"), soft_wrap=True)
                printing.print_restore(console, plan)

            _shown(as_json, data, show, plan.refusals)
            return
        if plan.refusals:
            raise RefusedError(plan.refusals)
        tell = _tell()
        revision = Restorer(remote, _patience(minutes), tell).restore(plan, scene)
        tell(f"etcd is back at revision {revision}. Next, so that nobody remembers a later time:")
        for command in next_commands(stack, now):
            tell(f"  {command}")
    if as_json:
        print_json({"snapshot": wanted.key, "revision": revision, "next": list(next_commands(stack, now))})


def rotate(
    stack: Stack,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="encryption: the key of Secrets in etcd.")] = "encryption",
    *,
    yes: Yes = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Change the key that encrypts Secrets in etcd. Begun again, it goes on where it stopped."""
    if what != "encryption":
        raise typer.BadParameter("encryption is what can be rotated")
    with reported(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        name = ClusterPaths(opened.name, opened.account().incarnation).secret(SecretName.ENCRYPTION)
        tell = _tell()
        vault = Vault(opened.client("secretsmanager"), name)
        rotator = Rotator(vault, opened.remote(), lambda: _servers(opened), _patience(minutes), tell)
        if not yes:
            secret = vault.read()
            moves = [described(one, secret.keys) for one in rotation_steps(secret.keys, goal_of(secret.keys))]
            behind = rotator.behind(secret)
            data = {"keys": list(secret.keys), "steps": moves, "behind": list(behind)}
            _shown(as_json, data, lambda console: _print_moves(console, moves, behind), key_refusals(secret.keys))
            return
        keys = rotator.rotate()
    if as_json:
        print_json({"keys": list(keys)})


def _print_moves(console: Console, moves: Sequence[str], behind: Sequence[str]) -> None:
    if behind:
        console.print(Text(f"Waits first for {', '.join(behind)}, which have not loaded the keys there are.", "yellow"))
    for number, move in enumerate(moves, 1):
        console.print(Text(f"{number}. {move}"))


def _shown(
    as_json: bool, data: dict[str, Any], show: Callable[[Console], None], refusals: Sequence[Refusal] = ()
) -> None:
    """Show what would be done; exit code 2 where it would be refused."""
    if as_json:
        print_json(data)
    else:
        show(Console())
        if refusals:
            printing.print_refusals(Console(stderr=True), refusals)
        else:
            Console().print(Text("Nothing was changed. `--yes` does it.", "dim"))
    if refusals:
        raise typer.Exit(REFUSED)


def _tell() -> Callable[[str], None]:
    """What writes a line of progress: beside the output, which machines may read."""
    console = Console(stderr=True)
    return lambda line: console.print(Text(line), soft_wrap=True)


def _patience(minutes: int) -> Patience:
    return Patience(minutes * 60, first=5, longest=30)


def _members(fleet: Fleet) -> dict[str, str]:
    """Member → instance, of those in service."""
    serving = [node for node in fleet.nodes if node.in_service and fleet.role(node) == ETCD]
    return {fleet.group(node.group).member: node.instance for node in serving}


def _servers(opened: Opened) -> list[str]:
    """Control-plane nodes, those that still boot among them: they may have read the secret already."""
    fleet = fleet_of(opened.account())
    return [
        node.instance
        for node in fleet.nodes
        if fleet.role(node) == CONTROL_PLANE and not node.state.startswith("Terminating")
    ]


def _running(opened: Opened) -> Running:
    """The versions that instances run, as they say themselves."""
    fleet, remote = fleet_of(opened.account()), opened.remote()
    views = [view for _, view in member_views(remote, _members(fleet)) if isinstance(view, MemberView)]
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
