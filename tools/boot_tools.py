"""Install what the boot tests need of the system: QEMU, and what builds the machine that it runs.

``make boot-tools`` does it where apt-get is and root asks for it, as CI does; anywhere else it says what to install.
``make test-all`` installs nothing: without these it leaves the boot tests out, with the reason.
"""

import os
import shutil
import subprocess
import sys

from rich.console import Console

import machine_image
from machine_image import SKIP

_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "--quiet=2")


def main() -> int:
    """Install what is missing. Always 0: where nothing could be installed, all other tests can still be run."""
    console = Console(stderr=True)
    absent = machine_image.missing_packages()
    if os.environ.get(SKIP) or not absent:
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        console.print(f"boot tests need root and the Debian packages {' '.join(absent)}", style="yellow", markup=False)
        return 0
    console.print(f"installing {' '.join(absent)}", markup=False, highlight=False)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "--yes", "--no-install-recommends", *absent)):
        if subprocess.run((*_APT, *arguments), env=environment, check=False).returncode:  # noqa: S603
            console.print("apt-get failed: there will be no boot tests", style="red", markup=False)
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
