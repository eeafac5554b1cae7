"""`tripod rotate`."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tripod.explained import print_json
from tripod.operations.commands.options import Json, Minutes, Name, Stack, Yes, busy, patience, servers, shown
from tripod.operations.opened import open_cluster, reported
from tripod.operations.rotate import goal_of, key_refusals, rotation_told
from tripod.operations.rotating import Rotator, Vault
from tripod.pki.names import ClusterPaths, SecretName


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
        vault = Vault(opened.client("secretsmanager"), name)
        with busy("Rotating" if yes else "Asking every API server") as tell:
            rotator = Rotator(vault, opened.remote(), lambda: servers(opened), patience(minutes), tell)
            secret = vault.read()
            keys = rotator.rotate() if yes else secret.keys
            behind = () if yes else rotator.behind(secret)
        if not yes:
            moves = rotation_told(keys, goal_of(keys))
            data = {"keys": list(keys), "steps": moves, "behind": list(behind)}
            shown(as_json, data, lambda console: _print_moves(console, moves, behind), key_refusals(keys))
            return
    if as_json:
        print_json({"keys": list(keys)})


def _print_moves(console: Console, moves: Sequence[str], behind: Sequence[str]) -> None:
    if behind:
        console.print(Text(f"Waits first for {', '.join(behind)}, which have not loaded the keys there are.", "yellow"))
    for number, move in enumerate(moves, 1):
        console.print(Text(f"{number}. {move}"), soft_wrap=True)
