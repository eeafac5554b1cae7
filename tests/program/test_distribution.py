"""What a team installs has everything that the components read."""

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from support.stacks.planned import ROOT

LIBRARY = ROOT / "components" / "tripod"


def test_a_wheel_has_every_file_of_the_library(tmp_path: Path) -> None:
    # A build leaves folders beside its sources: it works on a copy.
    sources = tmp_path / "components"
    shutil.copytree(ROOT / "components", sources, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", sources]
    subprocess.run([*command, "--wheel-dir", tmp_path], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in ZipFile(wheel).namelist() if name.startswith("tripod/")}
    written = {
        str(file.relative_to(sources))
        for file in (sources / "tripod").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert packed == written
