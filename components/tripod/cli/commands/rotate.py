"""`tripod rotate`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json

if TYPE_CHECKING:
    from tripod.cli.target import ClusterTarget

Credential = Literal["encryption", "join-token", "certificates"]


def rotate(
    stack: Stack,
    credential: Annotated[
        Credential,
        typer.Argument(
            metavar="WHAT",
            help="The key of Secrets in etcd, the token that workers join with, or certificates.",
        ),
    ],
    *,
    compromised: Annotated[
        bool,
        typer.Option("--compromised", help="Of encryption: destroy the old keys, with which older snapshots are lost."),
    ] = False,
    yes: Yes = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Change keys, the join token or certificates before their time.

    A key is dropped only when every API server has the next one, every Secret is rewritten and a backup is taken; an
    interrupted rotation goes on. Older snapshots need it, so that it stays in the cluster's secret. Certificates are
    renewed on one node after another, each healthy before the next. The engine leaves all of it as it is.
    """
    from tripod.cli.target import open_cluster

    if compromised and credential != "encryption":
        raise typer.BadParameter(f"--compromised is for encryption keys, not for {credential}")
    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        match credential:
            case "encryption":
                _rotate_encryption(target, yes, minutes, as_json, compromised=compromised)
            case "join-token":
                _rotate_join_token(target, yes, as_json)
            case "certificates":
                _renew_certificates(target, yes, minutes, as_json)


def _rotate_encryption(target: ClusterTarget, yes: bool, minutes: int, as_json: bool, *, compromised: bool) -> None:
    from tripod.cli.commands.common import busy, preview, rotator_of
    from tripod.cli.output.rotation import RotationPlan, print_rotation, rotation_json
    from tripod.operations.rotate.backups import ClusterBackups
    from tripod.operations.rotate.plan import descriptions, key_refusals

    with busy("Rotating" if yes else "Asking every API server") as log:
        rotator = replace(rotator_of(target, minutes, log), compromised=compromised)
        secret = rotator.store.read()
        goal, destroyed = rotator.aim(secret)
        backups = ClusterBackups(target.inventory, target.remote())
        unreadable = [one.key for one in backups.needing(destroyed)] if compromised else []
        if yes:
            for snapshot in unreadable:
                log(f"unreadable from then on: {snapshot}")
            keys = rotator.rotate()
            if as_json:
                print_json({"keys": list(keys), "unreadable": unreadable})
            return
        behind = rotator.behind(secret)
    plan = RotationPlan(secret.keys, secret.retired, descriptions(secret.keys, goal, destroyed), behind, unreadable)
    preview(as_json, rotation_json(plan), lambda console: print_rotation(console, plan), key_refusals(secret.keys))


def _rotate_join_token(target: ClusterTarget, yes: bool, as_json: bool) -> None:
    from rich.text import Text

    from tripod.cli.commands.common import busy, preview, servers
    from tripod.operations.remote import ask_any
    from tripod.operations.rotate.certificates import PUBLISH_TOKEN

    nodes = servers(target)
    if not yes:
        line = f"Would have one of {', '.join(nodes) or 'no node'} publish another token, and take the others back."
        preview(as_json, {"nodes": nodes}, lambda console: console.print(Text(line), soft_wrap=True))
        return
    with busy("Asking a control-plane node") as log:
        said = str(ask_any(target.remote(), nodes, PUBLISH_TOKEN).get("said", ""))
        log(said)
    if as_json:
        print_json({"said": said})


def _renew_certificates(target: ClusterTarget, yes: bool, minutes: int, as_json: bool) -> None:
    from tripod.cli.commands.common import busy, preview, retry_policy
    from tripod.cli.output.operations import print_renewal, renewal_json
    from tripod.operations.observe import ClusterHealth, observe
    from tripod.operations.rotate.certificates import Renewer, renewal_plan

    remote = target.remote()
    health = ClusterHealth(target.inventory, remote)
    if not yes:
        with busy("Asking every instance for its health"):
            plan = renewal_plan(observe(target.inventory(), health))
        preview(as_json, renewal_json(plan), lambda console: print_renewal(console, plan), plan.refusals)
        return
    with busy("Renewing") as log:
        done = Renewer(lambda: observe(target.inventory(), health), remote, retry_policy(minutes), log).renew()
    if as_json:
        print_json({"renewed": done})
