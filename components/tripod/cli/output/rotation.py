"""Plan of an encryption key's rotation, as text or as data."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from tripod.core.text import count_of
from tripod.operations.backup.keys import RetiredKey


@dataclass(frozen=True)
class RotationPlan:
    """Plan of a rotation.

    Attributes:
        keys: the names of the keys in use.
        retired: the retired keys.
        moves: sentences on its moves.
        behind: the API servers that it waits for first.
        unreadable: the keys of the snapshots that are unreadable afterwards.
    """

    keys: Sequence[str]
    retired: Sequence[RetiredKey]
    moves: Sequence[str]
    behind: Sequence[str]
    unreadable: Sequence[str]


def print_rotation(console: Console, plan: RotationPlan) -> None:
    """Print the moves, the servers that it waits for first, the retired keys and the snapshots that are lost."""
    if plan.behind:
        line = f"Waits first for {', '.join(plan.behind)}, which have not loaded the present keys."
        console.print(Text(line, "yellow"))
    for number, move in enumerate(plan.moves, 1):
        console.print(Text(f"{number}. {move}"), soft_wrap=True)
    for key in plan.retired:
        console.print(Text(f"{key.name} was retired on {key.retired:%Y-%m-%d}.", "dim"))
    if plan.unreadable:
        line = f"{count_of(len(plan.unreadable), 'snapshot')} cannot be restored afterwards, the backup taken here can:"
        console.print(Text(line, "bold red"), soft_wrap=True)
        for snapshot in plan.unreadable:
            console.print(Text(f"  {snapshot}"), soft_wrap=True)


def rotation_json(plan: RotationPlan) -> dict[str, object]:
    """The plan as data."""
    retired = [{"name": key.name, "retired": key.retired.isoformat()} for key in plan.retired]
    return {
        "keys": list(plan.keys),
        "retired": retired,
        "steps": list(plan.moves),
        "behind": list(plan.behind),
        "unreadable": list(plan.unreadable),
    }
