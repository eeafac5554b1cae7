"""Write every file that is generated, or with --check say which of them are not up to date.

- components/tripod/core/spec_types.py: the typed dictionaries that components take, from the specifications
- docs/configuration.md: the configuration reference, from the same
- docs/alerts.md: what each alert means, and what to do
- docs/checks.md: what `tripod verify` looks at
- tests/program/names.txt and schema.json: the names and the schema that clusters and other languages rely on
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

SPEC_TYPES = ROOT / "components/tripod/core/spec_types.py"


def generated_spec_types() -> str:
    """The typed dictionaries: by a process of their own, since the library cannot be imported without them."""
    command = [sys.executable, str(ROOT / "tools" / "generate_spec_types.py")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def makers() -> dict[str, Callable[[], str]]:
    """Each further generated file → its generator; importing them imports the library."""
    from generate_alerts import alerts  # noqa: PLC0415
    from generate_checks import checks  # noqa: PLC0415
    from generate_configuration import configuration_reference  # noqa: PLC0415
    from support.stacks.published import current_names, current_schema  # noqa: PLC0415

    return {
        "docs/alerts.md": alerts,
        "docs/configuration.md": configuration_reference,
        "docs/checks.md": checks,
        "tests/program/names.txt": current_names,
        "tests/program/schema.json": current_schema,
    }


def main() -> int:
    """Write the files, or check them."""
    check = "--check" in sys.argv
    stale = 0
    for path, make in _files(check):
        text = make()
        if _text(path) == text:
            continue
        stale += 1
        name = path.relative_to(ROOT)
        if check:
            sys.stderr.write(f"{name} is not up to date: run `make generate` and look at the difference\n")
        else:
            path.write_text(text)
            sys.stdout.write(f"wrote {name}\n")
    return 1 if check and stale else 0


def _files(check: bool) -> Iterator[tuple[Path, Callable[[], str]]]:
    """Each file and what makes it; the typed dictionaries are written before what is made of them is asked for."""
    yield SPEC_TYPES, generated_spec_types
    if check and _text(SPEC_TYPES) != generated_spec_types():
        return
    yield from ((ROOT / name, make) for name, make in makers().items())


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
