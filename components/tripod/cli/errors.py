"""Errors that a command explains: a message and an exit code instead of a traceback."""

import re
import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager

import typer

from tripod.cli.output.streams import print_error, print_json
from tripod.core.problems import ConfigurationError
from tripod.operations.errors import RefusedError

REFUSED = 2
"""Exit code of a refused configuration or operation."""

BROKEN = 1
"""Exit code of a cluster, or a rehearsal, that is not as it should be."""

_RUN_ERROR = "pulumi.errors.RunError"

_EXIT_CODES = {
    "tripod.stack.project.ProjectError": REFUSED,
    "tripod.core.problems.ConfigurationError": REFUSED,
    _RUN_ERROR: REFUSED,
    "tripod.operations.inventory.NoClusterError": REFUSED,
    "tripod.operations.in_cluster.view.UnreachableApiError": REFUSED,
    "botocore.exceptions.BotoCoreError": REFUSED,
    "botocore.exceptions.ClientError": REFUSED,
    "tripod.operations.errors.RefusedError": REFUSED,
    "tripod.operations.errors.OperationError": BROKEN,
    "tripod.rehearsal.inputs.UnhandledInputError": BROKEN,
    "tripod.rehearsal.recorder.UnhandledRequestError": BROKEN,
    "tripod.rehearsal.moto_backend.RehearsalError": BROKEN,
    "tripod.rehearsal.engine.EngineError": BROKEN,
    "tripod.rehearsal.local_kubernetes.LocalKubernetesError": BROKEN,
}
"""Exit codes by the names of exception classes: to import them would load the SDKs that most commands do not need."""


@contextmanager
def user_errors(source: str, *, as_json: bool = False) -> Generator[None]:
    """Turn a user's errors into an explanation and an exit code.

    Args:
        source: the file that a refused configuration is in.
        as_json: if true, refusals are printed as JSON on standard output.
    """
    try:
        yield
    except Exception as error:
        names = [f"{one.__module__}.{one.__qualname__}" for one in type(error).__mro__]
        code = next((_EXIT_CODES[name] for name in names if name in _EXIT_CODES), None)
        if code is None:
            from tripod.cli.output.program_errors import program_failure

            if (failure := program_failure(error)) is None:
                raise
            sys.stderr.write(failure)
            raise typer.Exit(BROKEN) from None
        refused = error.__cause__ if _RUN_ERROR in names else None
        _print(refused if isinstance(refused, ConfigurationError) else error, source, as_json=as_json)
        raise typer.Exit(code) from None


def stack_errors(stack: str, *, as_json: bool = False) -> AbstractContextManager[None]:
    """Turn a user's errors into an explanation and an exit code: of a command on a stack."""
    return user_errors(f"Pulumi.{stack}.yaml", as_json=as_json)


def _print(error: BaseException, source: str, *, as_json: bool) -> None:
    from rich.console import Console

    from tripod.cli.output.problems import print_problems, problems_json
    from tripod.cli.output.refusals import print_refusals, refusals_json

    match error:
        case ConfigurationError() if as_json:
            print_json(problems_json(error.problems))
        case ConfigurationError():
            print_problems(Console(stderr=True), source, error.problems)
        case RefusedError() if as_json:
            print_json({"refusals": refusals_json(error.refusals)})
        case RefusedError():
            print_refusals(Console(stderr=True), error.refusals)
        case _:
            print_error(_with_hint(error))


def _with_hint(error: BaseException) -> str:
    local = re.search(r"//(127\.0\.0\.1|localhost)\b", str(error))
    if type(error).__name__ == "EndpointConnectionError" and local:
        return (
            f"{error}\nThe emulated AWS does not listen there. `tripod emulator` starts it; "
            "`tripod rehearse` brings its own."
        )
    return str(error)
