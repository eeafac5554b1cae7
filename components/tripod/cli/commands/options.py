"""Options that several commands have."""

from typing import Annotated

import typer

Stack = Annotated[str, typer.Argument(metavar="STACK", help="The stack: local, staging, production …")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", help="Carry it out. Without it, the plan is shown and nothing changes.")]
Name = Annotated[str, typer.Option("--cluster", help="The cluster's name, if the stack file does not have it.")]
Minutes = Annotated[int, typer.Option("--minutes", help="The longest time that each step may take.", min=1)]
