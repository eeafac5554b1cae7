"""`tripod image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from tripod.operations.images import PinnedImage


def image(stack: Stack, *, yes: Yes = False, minutes: Minutes = 60, cluster: Name = "", as_json: Json = False) -> None:
    """Copy the stack's machine images into its account, encrypted by the cluster's key.

    A publisher withdraws an image some time, and no instance is replaced then. It prints the copies' ids for the stack
    file. A copy that stands is found, and not made again; a destroy leaves copies behind.
    """
    from rich.console import Console

    from tripod.cli.commands.common import busy, preview, retry_policy
    from tripod.cli.output.refusals import refusals_json
    from tripod.cli.target import open_cluster
    from tripod.operations.errors import RefusedError
    from tripod.operations.images import copy_images, image_plan

    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        inventory = target.inventory()
        pinned = {name: str(found) for name, found in target.section("images").items() if name != "system" and found}
        with busy("Looking for images"):
            plan = image_plan(inventory, pinned)
        project = target.project.name
        if not yes:
            data = {"images": _json(plan.images, project), "refusals": refusals_json(plan.refusals)}
            preview(as_json, data, lambda console: _print(console, plan.images, stack, project), plan.refusals)
            return
        if plan.refusals:
            raise RefusedError(plan.refusals)
        with busy("Copying images") as log:
            copied = copy_images(inventory, plan, retry_policy(minutes), log)
    if as_json:
        print_json({"images": _json(copied, project)})
    else:
        _print(Console(), copied, stack, project)


def _json(images: Sequence[PinnedImage], project: str) -> list[dict[str, str]]:
    return [
        {
            "architecture": one.architecture,
            "pinned": one.pinned,
            "source": one.source,
            "copy": one.copy,
            "state": one.state,
            "key": f"{project}:images.{one.architecture}",
        }
        for one in images
    ]


def _print(console: Console, images: Sequence[PinnedImage], stack: str, project: str) -> None:
    from rich.text import Text

    lines: list[str] = []
    for one in images:
        if one.copy == one.pinned:
            lines.append(f"{one.architecture}: {one.copy}, the account's own")
        elif one.copy:
            lines.append(f"{one.architecture}: {one.copy} ({one.state}), a copy of {one.pinned}. In the stack file:")
            setting = f"'{project}:images.{one.architecture}' {one.copy}"
            lines.append(f"  pulumi config set --stack {stack} --path {setting}")
        else:
            lines.append(f"{one.architecture}: {one.source or one.pinned} has no copy yet")
    console.print(Text("\n".join(lines)), soft_wrap=True)
