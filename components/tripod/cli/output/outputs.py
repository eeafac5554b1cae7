"""Outputs of a stack, as a table."""

from collections.abc import Iterator, Mapping
from typing import cast

from rich.table import Table
from rich.text import Text

from tripod.rehearsal.protocol_values import display_value


def output_table(outputs: Mapping[str, object]) -> Table:
    """A table with a line for each output."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in sorted(outputs.items()):
        table.add_row(Text(name, "cyan"), Text(_text(display_value(value))))
    return table


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return "\n".join(_entries(cast("Mapping[str, object]", value))) or "none"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in cast("list[object]", value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if text.count(":") >= 5 and text.startswith("arn:"):
        # The rest of an ARN is the same for all of a stack.
        return text.split(":", 5)[5]
    return text.splitlines()[0] + " …" if "\n" in text.strip() else text


def _entries(mapping: Mapping[str, object], before: str = "") -> Iterator[str]:
    """A line for each value, after its path of keys."""
    for key, value in sorted(mapping.items()):
        inner = _mapping(value)
        if inner:
            yield from _entries(inner, f"{before}{key}.")
        else:
            yield f"{before}{key}: {_text(value)}"


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
