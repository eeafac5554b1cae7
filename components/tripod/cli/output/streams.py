"""Standard output for data, standard error for errors."""

import json
import sys


def print_json(value: object) -> None:
    """Print data as one JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, sort_keys=True) + "\n")


def print_error(text: str) -> None:
    """Print an error in red, on standard error."""
    from rich.console import Console

    Console(stderr=True).print(text, style="red", markup=False, highlight=False, soft_wrap=True)
