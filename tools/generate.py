"""Write every file that is generated, or with --check say which of them are not up to date.

- components/tripod/settings.py: the typed dictionaries that components take, from the specifications
- docs/configuration.md: the configuration reference, from the same
- docs/promises.md: what `tripod verify` looks at
- tests/program/names.txt and schema.json: the names and the schema that clusters and other languages rely on
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "infra"), str(ROOT / "tools")]

# The paths above come first.
from generate_configuration import configuration_reference  # noqa: E402
from generate_promises import promises  # noqa: E402
from generate_settings import generated_settings  # noqa: E402
from program.test_names import current_names  # noqa: E402
from program.test_schema import current_schema  # noqa: E402

SETTINGS = "components/tripod/settings.py"
FILES: dict[str, Callable[[], str]] = {
    SETTINGS: generated_settings,
    "docs/configuration.md": configuration_reference,
    "docs/promises.md": promises,
    "tests/program/names.txt": current_names,
    "tests/program/schema.json": current_schema,
}


def main() -> int:
    """Write the files, or check them."""
    stale = [name for name, make in FILES.items() if _text(ROOT / name) != make()]
    if "--check" in sys.argv:
        for name in stale:
            sys.stderr.write(f"{name} is not up to date: run `make generate` and look at the difference\n")
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).write_text(FILES[name]())
        sys.stdout.write(f"wrote {name}\n")
        if name == SETTINGS:
            # The others are made of it, and this process has imported what it was.
            return subprocess.run([sys.executable, *sys.argv], check=False).returncode  # noqa: S603
    return 0


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
