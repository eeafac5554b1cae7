"""`tripod rights`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from tripod.cli.commands.options import Stack
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json

if TYPE_CHECKING:
    from tripod.stack.project import Project, StackConfig
    from tripod.stack.rights_facts import StackFacts


class Purpose(StrEnum):
    """A purpose of rights."""

    PREVIEW = "preview"
    UP = "up"
    DELETE = "delete"


def rights(
    stack: Stack,
    purpose: Annotated[Purpose, typer.Argument(help="What the rights are for.")],
    *,
    account: Annotated[str, typer.Option(help="The account, if aws:allowedAccountIds does not have one.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="A folder: each policy goes to a file there.")] = None,
) -> None:
    """Print the IAM policies of whoever previews, brings up, or deletes a stack, as JSON: name → policy.

    It asks no AWS. They are managed policies, several because of their size: attach all of a purpose. The right to the
    engine's state and to the key of its secrets is not among them.
    """
    import json

    from tripod.stack.project import find_project, read_stack
    from tripod.stack.rights import rights as policies

    with stack_errors(stack):
        project = find_project(Path.cwd())
        facts = _facts(project, read_stack(project, stack), account)
    documents = policies(purpose.value, facts)
    named = {f"{facts.cluster}-{purpose}-{number}": one for number, one in enumerate(documents, start=1)}
    if out is None:
        print_json(named)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, document in named.items():
        file = out / f"{name}.json"
        # Without white space, which would count when a file is passed on as it is.
        file.write_text(json.dumps(document, separators=(",", ":")) + "\n")
        typer.echo(file)


def _facts(project: Project, config: StackConfig, account: str) -> StackFacts:
    from tripod.stack.project import ProjectError
    from tripod.stack.rights_facts import StackFacts

    def section(name: str) -> object:
        return config.get(f"{project.name}:{name}") or {}

    listed: object = config.get("aws:allowedAccountIds")
    allowed = [str(one) for one in cast("list[object]", listed)] if isinstance(listed, list) else []
    chosen = account or (allowed[0] if len(allowed) == 1 else "")
    cluster = next((str(value) for key, value in _settings(section("cluster")) if key == "name"), "")
    if not re.fullmatch(r"\d{12}", chosen):
        raise ProjectError(
            f"account {chosen or 'not known'}: 12 digits are needed. Set aws:allowedAccountIds to one account, "
            "or name it: --account 471100000815"
        )
    if not cluster or not config.region:
        raise ProjectError(
            f"{project.name}:cluster.name is {cluster or 'missing'}, aws:region is {config.region or 'missing'}: "
            "set both in the stack file"
        )

    def all_of(value: object, *keys: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(found) for key, found in _settings(value) if key in keys and found))

    return StackFacts(
        chosen,
        config.region,
        cluster,
        peer_regions=all_of(section("peers"), "region"),
        peer_roles=all_of(section("peers"), "roleArn"),
        given_keys=all_of(section("encryption"), "storageKeyArn", "secretsKeyArn"),
        read_secrets=all_of(section("addOns"), "secretName"),
    )


def _settings(value: object) -> Iterator[tuple[str, object]]:
    """Every key with a value among settings, at any depth."""
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, object]", value).items():
            yield key, item
            yield from _settings(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _settings(item)
