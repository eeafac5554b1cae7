"""Install the Python packages of a distribution, in its versions, for tests of the boot agent.

``python tools/distribution_python.py debian12`` prints the folder that holds them, for PYTHONPATH. It is kept under
``.cache/python``, by the content of the requirements in ``tests/distribution``.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

_ROOT = Path(__file__).parent.parent
CACHE = _ROOT / ".cache" / "python"
DISTRIBUTIONS = ("debian12", "ubuntu2404")


class CannotInstallError(Exception):
    """pip reaches no index, or the index has no wheels for this Python."""


def distribution_packages(distribution: str) -> Path:
    """Return the folder of a distribution's packages, installed first if it is not there.

    Args:
        distribution: one of ``DISTRIBUTIONS``.

    Raises:
        CannotInstallError: pip cannot fetch them.
        ValueError: a package has another digest than the requirements say.
    """
    requirements = _ROOT / "tests" / "distribution" / f"requirements-{distribution}.txt"
    recipe = requirements.read_bytes() + sys.version.encode()
    folder = CACHE / f"{distribution}-{hashlib.sha256(recipe).hexdigest()[:16]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"lock-{distribution}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(requirements, folder)
    return folder


def _install(requirements: Path, folder: Path) -> None:
    """Install into a folder beside, which gets its name when it is whole."""
    scratch = folder.with_suffix(".installing")
    shutil.rmtree(scratch, ignore_errors=True)  # left by an installation that was killed
    options = ("--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--retries=1", "--timeout=10")
    done = subprocess.run(  # noqa: S603
        (
            sys.executable,
            "-m",
            "pip",
            "install",
            *options,
            "--target",
            str(scratch),
            "--requirement",
            str(requirements),
        ),
        check=False,
        capture_output=True,
        text=True,
    )
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise ValueError(done.stderr.strip())
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise CannotInstallError(f"pip cannot install {requirements.name}: {last}")
    scratch.rename(folder)


def main() -> int:
    """Install what is not there, and print where it is."""
    try:
        folder = distribution_packages(sys.argv[1])
    except CannotInstallError as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        return 1
    Console(soft_wrap=True).print(str(folder), markup=False, highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
