"""`tripod mirror`."""

from pathlib import Path
from typing import Annotated

import typer

from tripod.cli.commands.options import Json, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json


def mirror(
    stack: Stack,
    *,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="A folder with the binaries, each at the path of its address. Without it they are downloaded.",
        ),
    ] = None,
    yes: Yes = False,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Copy the pinned binaries into the cluster's own bucket, where nodes look first.

    What is there already is not copied again. Run it after `pulumi up` with new versions, before the roll.
    """
    from rich.text import Text

    from tripod.cli.commands.common import busy, preview
    from tripod.cli.target import open_cluster
    from tripod.operations.mirror import copy_binaries, missing_copies, pinned_binaries

    with stack_errors(stack, as_json=as_json):
        inventory = open_cluster(stack, cluster).inventory()
        with busy("Reading the bucket"):
            wanted = pinned_binaries(inventory)
            missing = missing_copies(inventory, wanted)
        data = {
            "present": len(wanted) - len(missing),
            "missing": [{"name": one.name, "url": one.url, "sha256": one.sha256} for one in missing],
        }
        if not yes or not missing:
            lines = [f"{len(wanted) - len(missing)} of {len(wanted)} are in the bucket."]
            lines += [f"Would copy {one.name} {one.architecture}: {one.url}" for one in missing]
            preview(as_json, data, lambda console: console.print(Text("\n".join(lines)), soft_wrap=True))
            return
        with busy("Copying") as log:
            copy_binaries(inventory, missing, source, log)
    if as_json:
        print_json({"present": len(wanted), "copied": len(missing)})
