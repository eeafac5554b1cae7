"""Tracebacks of a stack's program, without the lines of the library that ran it."""

import traceback
from pathlib import Path
from site import getsitepackages

_LIBRARY = Path(__file__).parents[2]


def program_failure(error: BaseException) -> str | None:
    """A traceback of a program's own frames; None if the error is not the program's.

    Args:
        error: the exception.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_of_program(frame.filename)]
    if not frames:
        return None
    return "".join(
        [
            "The program failed:\n",
            *traceback.format_list(frames),
            *traceback.format_exception_only(error),
        ]
    )


def _is_of_program(file: str) -> bool:
    if file.startswith("<"):
        return False
    path = Path(file)
    standard = Path(traceback.__file__).parent
    elsewhere = [_LIBRARY, standard, *(Path(folder) for folder in getsitepackages())]
    return not any(path.is_relative_to(folder) for folder in elsewhere)
