"""Space of etcd's members, as text or as data."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tripod.operations.etcd_maintenance import EtcdState


def print_space(console: Console, state: EtcdState) -> None:
    """Print a line for each member, in the order of a defragmentation."""
    table = Table(box=None, pad_edge=False)
    for column in ("member", "instance", "role", "database", "in use", "quota", "disk", "alarms"):
        table.add_column(column, overflow="fold")
    for member in state.order:
        view = state.answered.get(member)
        if view is None:
            cells = ("does not answer", "", "", "", "", "")
        else:
            sizes = (_mib(view.database), _mib(view.used), _mib(view.quota))
            role = "leader" if member == state.leader else "follower"
            cells = (role, *sizes, f"{view.disk_percent} %", ", ".join(view.alarms))
        table.add_row(*(Text(cell) for cell in (member, state.instances[member], *cells)))
    console.print(table)


def space_json(state: EtcdState) -> dict[str, object]:
    """The members' space as data, in bytes."""
    members = {
        member: {
            "instance": state.instances[member],
            "database": view.database,
            "used": view.used,
            "quota": view.quota,
            "diskPercent": view.disk_percent,
            "alarms": list(view.alarms),
        }
        for member, view in state.answered.items()
    }
    return {"leader": state.leader, "members": members, "refusals": [str(refusal) for refusal in state.refusals]}


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.0f} MiB"
