"""What users of the command are told when something is wrong: an explanation and an exit code, no traceback."""

import json
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from pulumi import RunError
from rich.console import Console

from tripod.cli.output.problems import print_problems, problems_json
from tripod.cli.output.program_errors import program_failure
from tripod.core.problems import ConfigurationError
from tripod.operations.in_cluster.view import UnreachableApiError
from tripod.operations.inventory import NoClusterError
from tripod.rehearsal.engine import EngineError
from tripod.rehearsal.inputs import UnhandledInputError
from tripod.rehearsal.local_kubernetes import LocalKubernetesError
from tripod.rehearsal.moto_backend import RehearsalError
from tripod.rehearsal.recorder import UnhandledRequestError
from tripod.stack.project import ProjectError

REFUSED = 2
"""Exit code of a configuration that is refused."""

BROKEN = 1
"""Exit code of a cluster, or a rehearsal, that is not what it should be."""


@contextmanager
def explained(*, as_json: bool, source: str) -> Generator[None]:
    """Turn what a user did wrong into an explanation and an exit code."""
    errors = Console(stderr=True)
    try:
        yield
    except ProjectError as error:
        errors.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(REFUSED) from None
    except (ConfigurationError, RunError) as error:
        refused = error if isinstance(error, ConfigurationError) else error.__cause__
        if not isinstance(refused, ConfigurationError):
            errors.print(str(error), style="red", markup=False, highlight=False)
        elif as_json:
            print_json(problems_json(refused.problems))
        else:
            print_problems(errors, source, refused.problems)
        raise typer.Exit(REFUSED) from None
    except (UnhandledInputError, UnhandledRequestError, RehearsalError, EngineError, LocalKubernetesError) as error:
        errors.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(BROKEN) from None
    except (NoClusterError, UnreachableApiError, BotoCoreError, ClientError) as error:
        errors.print(_unreachable(error), style="red", markup=False, highlight=False)
        raise typer.Exit(REFUSED) from None
    except Exception as error:
        told = program_failure(error)
        if told is None:
            raise
        sys.stderr.write(told)
        raise typer.Exit(BROKEN) from None


def _unreachable(error: Exception) -> str:
    if isinstance(error, EndpointConnectionError) and re.search(r"//(127\.0\.0\.1|localhost)\b", str(error)):
        return (
            f"{error}\nThe emulated AWS does not listen there. `tripod emulator` starts it; "
            "`tripod rehearse` brings its own."
        )
    return str(error)


def print_json(value: Any) -> None:
    """Print data, one document."""
    sys.stdout.write(json.dumps(value, indent=2, sort_keys=True) + "\n")
