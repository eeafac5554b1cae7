"""Build the machine that the boot tests start: a kernel, an initial ramdisk and a root disk, from Debian's packages.

``python tools/machine_image.py`` prints the folder that holds them. It is kept under ``.cache/machine``, by
its recipe: a change of that builds anew. Nothing of Tripod is in it. What an Amazon machine image brings is:
cloud-init, which runs the user data, and the packages that the agent would install from the network, which the
machine does not have. A disk whose serial number is IMAGES holds container images, which it imports before that.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

SKIP = "TRIPOD_SKIP_BOOT"
"""The variable by which somebody leaves the boot tests out."""
CACHE = Path(__file__).parent.parent / ".cache" / "machine"
KERNEL, RAMDISK, DISK = "kernel", "ramdisk", "disk.qcow2"
SUITE = "bookworm"
DISK_SIZE = "4G"
IMAGES = "images"
"""The serial number of a disk with an archive of container images."""

RUNNING = {"qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils"}
BUILDING = {"mmdebstrap": "mmdebstrap", "gpg": "gpg", "mke2fs": "e2fsprogs", "unshare": "util-linux"}
"""Command → the Debian package that has it."""
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
KEYS_PACKAGE = "debian-archive-keyring"
"""The keyring that packages are verified with. Debian has it installed; other distributions offer it as a package."""

PACKAGES = (
    *("linux-image-cloud-amd64", "systemd-sysv", "udev", "dbus", "kmod"),
    *("cloud-init", "iproute2", "util-linux", "e2fsprogs", "ca-certificates"),
    *("python3", "python3-boto3", "python3-cryptography", "openssl"),
    *("containerd", "iptables", "procps"),
)

_DEVICE = f"dev-disk-by\\x2did-virtio\\x2d{IMAGES}.device"
_IMPORT = f"""[Unit]
Description=Container images of a disk
BindsTo={_DEVICE}
# Not Requires: the agent restarts containerd, and this would be done again.
Wants=containerd.service
After={_DEVICE} containerd.service
Before=cloud-final.service

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
ExecStart=/usr/bin/ctr --namespace k8s.io images import /dev/disk/by-id/virtio-{IMAGES}
StandardOutput=journal+console
StandardError=journal+console

[Install]
WantedBy={_DEVICE}
"""

MODULES = ("virtio_pci", "virtio_blk", "virtio_net", "ext4", "crc32c_generic", "nvme")
"""The modules of the ramdisk, instead of a driver for every kind of machine."""

FILES = {
    "etc/initramfs-tools/conf.d/tripod": "MODULES=list\n",
    "usr/share/initramfs-tools/modules.d/tripod": "\n".join(MODULES) + "\n",
    "etc/systemd/network/eth0.network": "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n",
    # It would write the same for a machine with one interface.
    "etc/cloud/cloud.cfg.d/99_network.cfg": "network: {config: disabled}\n",
    "etc/fstab": "LABEL=root / ext4 defaults,noatime 0 1\n",
    "etc/systemd/system/images.service": _IMPORT,
}
"""Path → content, written before packages are installed."""

OPTIONS = (
    "--variant=apt",
    f"--include={','.join(PACKAGES)}",
    *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale")),
    "--dpkgopt=force-unsafe-io",
    '--customize-hook=chroot "$1" systemctl enable systemd-networkd',
    '--customize-hook=chroot "$1" systemctl disable apt-daily.timer apt-daily-upgrade.timer fstrim.timer',
    '--customize-hook=chroot "$1" systemctl disable containerd.service',
    '--customize-hook=chroot "$1" systemctl enable images.service',
    # It would be the building machine's, whose name servers the machine waits for in vain.
    '--customize-hook=: > "$1"/etc/resolv.conf',
)

PRIVATE_MOUNTS = ("unshare", "--mount", "--propagation", "private", "--")
"""A build that is killed leaves no /dev mounted in a folder that the next one removes."""


class CannotBuildError(Exception):
    """There is no machine and none can be made."""


def missing() -> str | None:
    """The reason why no virtual machine can run here; None otherwise."""
    if os.environ.get(SKIP):
        return f"{SKIP} is set"
    absent = missing_packages()
    if absent:
        return f"not installed: {' '.join(absent)} (`make boot-tools`, as root)"
    if not _is_built() and os.geteuid() != 0:
        return "only root can build the machine's disk"
    return None


def missing_packages() -> list[str]:
    """The Debian packages that are not installed here, of those that building and running a machine takes."""
    built = _is_built()
    needed = RUNNING if built else {**RUNNING, **BUILDING}
    absent = [package for command, package in needed.items() if shutil.which(command) is None]
    return absent if built or Path(KEYS).exists() else [*absent, KEYS_PACKAGE]


def _is_built() -> bool:
    return (CACHE / digest()).is_dir()


def machine_image(console: Console | None = None) -> Path:
    """The folder with KERNEL, RAMDISK and DISK, built first where it has to be.

    Args:
        console: where progress goes; by default the standard error output.

    Raises:
        CannotBuildError: it is not wanted, or a command is missing or failed.
    """
    reason = missing()
    if reason:
        raise CannotBuildError(reason)
    folder = CACHE / digest()
    if not folder.is_dir():
        with _locked():
            if not folder.is_dir():
                _build(folder, console or Console(stderr=True))
    return folder


def digest() -> str:
    """A digest of everything that the image depends on."""
    return hashlib.sha256(repr((SUITE, DISK_SIZE, OPTIONS, sorted(FILES.items()))).encode()).hexdigest()[:16]


@contextmanager
def _locked() -> Generator[None]:
    """Let one process build while others wait for what it makes."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folder: Path, console: Console) -> None:
    """Build into a folder beside, which gets its name when it is whole."""
    started = time.monotonic()
    for left in CACHE.glob("building-*"):  # by a build that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix="building-", dir=CACHE) as scratch:
        root, whole, raw = Path(scratch, "root"), Path(scratch, "whole"), Path(scratch, "raw")
        whole.mkdir()
        _install(root, Path(scratch))
        console.print(f"packages in {time.monotonic() - started:.0f} s", highlight=False)
        shutil.copy(root / "vmlinuz", whole / KERNEL)
        shutil.copy(root / "initrd.img", whole / RAMDISK)
        # From a folder, so that no loop device is needed.
        _run("mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", str(root), str(raw), DISK_SIZE)
        _run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(whole / DISK))
        whole.rename(folder)
    for old in CACHE.iterdir():
        if old.is_dir() and old != folder:
            shutil.rmtree(old)
    console.print(f"machine in {time.monotonic() - started:.0f} s", highlight=False)


def _install(root: Path, scratch: Path) -> None:
    files = scratch / "files"
    for path, content in FILES.items():
        file = files / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    _run(
        *PRIVATE_MOUNTS, "mmdebstrap", *OPTIONS, f'--essential-hook=cp -rT {files} "$1"', SUITE, str(root), *_sources()
    )


def _sources() -> Iterable[str]:
    """The machine's own sources of the suite, which may be a mirror; none, where it runs another distribution."""
    places = (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*")))
    return [str(place) for place in places if place.is_file() and SUITE in place.read_text() and _is_debians(place)]


def _is_debians(place: Path) -> bool:
    """True if an apt source is the distribution's own; others have its suite's name within their own."""
    return any(SUITE in line.split() for line in place.read_text().splitlines() if not line.startswith("#"))


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise CannotBuildError(f"{command[0]} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")


def main() -> int:
    """Build what is not there, and print where it is."""
    try:
        folder = machine_image()
    except CannotBuildError as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        return 1
    Console(soft_wrap=True).print(str(folder), markup=False, highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
