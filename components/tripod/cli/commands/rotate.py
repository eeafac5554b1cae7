"""`tripod rotate`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes, busy, display, patience, servers
from tripod.cli.errors import print_json
from tripod.cli.output import operations as printing
from tripod.cli.target import ClusterTarget, open_cluster, operation_errors
from tripod.operations.observe import ClusterHealth, observe
from tripod.operations.remote import instances_asked
from tripod.operations.rotate.certificates import PUBLISH_TOKEN, Renewer, renewal_plan
from tripod.operations.rotate.plan import goal_of, key_refusals, rotation_told
from tripod.operations.rotate.run import Rotator, Vault
from tripod.pki.secret_names import ClusterPaths, SecretName

What = Literal["encryption", "join-token", "certificates"]


def rotate(
    stack: Stack,
    what: Annotated[
        What,
        typer.Argument(
            metavar="WHAT",
            help="The key of Secrets in etcd, the token that workers join with, or certificates.",
        ),
    ],
    *,
    yes: Yes = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Change keys, the join token or certificates before their time.

    A key goes only when every API server has the next one and every Secret is rewritten; an interrupted rotation goes
    on. Certificates are renewed on one node after another, each well before the next. The engine leaves all of it as
    it is.
    """
    with operation_errors(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        _ROTATIONS[what](opened, yes, minutes, as_json)


def _encryption(opened: ClusterTarget, yes: bool, minutes: int, as_json: bool) -> None:
    name = ClusterPaths(opened.name, opened.account().incarnation).secret(SecretName.ENCRYPTION)
    vault = Vault(opened.client("secretsmanager"), name)
    with busy("Rotating" if yes else "Asking every API server") as tell:
        rotator = Rotator(vault, opened.remote(), lambda: servers(opened), patience(minutes), tell)
        secret = vault.read()
        keys = rotator.rotate() if yes else secret.keys
        behind = () if yes else rotator.behind(secret)
    if yes:
        if as_json:
            print_json({"keys": list(keys)})
        return
    moves = rotation_told(keys, goal_of(keys))
    data = {"keys": list(keys), "steps": moves, "behind": list(behind)}
    display(as_json, data, lambda console: _print_moves(console, moves, behind), key_refusals(keys))


def _print_moves(console: Console, moves: Sequence[str], behind: Sequence[str]) -> None:
    if behind:
        console.print(Text(f"Waits first for {', '.join(behind)}, which have not loaded the keys there are.", "yellow"))
    for number, move in enumerate(moves, 1):
        console.print(Text(f"{number}. {move}"), soft_wrap=True)


def _join_token(opened: ClusterTarget, yes: bool, _: int, as_json: bool) -> None:
    nodes = servers(opened)
    if not yes:
        told = f"Would have one of {', '.join(nodes) or 'no node'} publish another token, and take the others back."
        display(as_json, {"nodes": nodes}, lambda console: console.print(Text(told), soft_wrap=True))
        return
    with busy("Asking a control-plane node") as tell:
        said = str(instances_asked(opened.remote(), nodes, PUBLISH_TOKEN).get("said", ""))
        tell(said)
    if as_json:
        print_json({"said": said})


def _certificates(opened: ClusterTarget, yes: bool, minutes: int, as_json: bool) -> None:
    remote = opened.remote()
    health = ClusterHealth(opened.account, remote)
    if not yes:
        with busy("Asking every instance how it is"):
            plan = renewal_plan(observe(opened.account(), health))
        display(
            as_json,
            printing.renewal_json(plan),
            lambda console: printing.print_renewal(console, plan),
            plan.refusals,
        )
        return
    with busy("Renewing") as tell:
        done = Renewer(lambda: observe(opened.account(), health), remote, patience(minutes), tell).renew()
    if as_json:
        print_json({"renewed": done})


_ROTATIONS: dict[str, Callable[[ClusterTarget, bool, int, bool], None]] = {
    "encryption": _encryption,
    "join-token": _join_token,
    "certificates": _certificates,
}
