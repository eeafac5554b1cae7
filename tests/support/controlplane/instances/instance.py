"""Fake EC2 instances: an address, a host name and a file system of their own, on this machine."""

import subprocess
import threading
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from itertools import count
from pathlib import Path
from typing import IO

from support.controlplane.instances.namespace import BRIDGE, ip

OWN_FOLDERS = ("etc", "opt", "root", "usr", "var")
"""Folders that an instance writes to: this machine's content at first, its own from then on. /run is empty at first."""

_PREPARE = """
set -e
hostname "$name"
mount -t tmpfs -o mode=755 tmpfs "$scratch"
for folder in $folders; do
    [ -d "/$folder" ] || continue
    mkdir -p "$scratch/$folder/upper" "$scratch/$folder/work"
    mount -t overlay -o "lowerdir=/$folder,upperdir=$scratch/$folder/upper,workdir=$scratch/$folder/work" \
        overlay "/$folder"
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /usr/local/bin
ln -sf "$programs"/* /usr/local/bin/
ip link set lo up
echo ready
exec cat
"""

_numbers = count(1)


class CommandError(Exception):
    """A command on an instance failed; with what it said."""


class Instance:
    """An instance: what it runs sees its own address and files, and the machine's programs.

    Its files are in memory, and gone with it. What it runs dies with the test process, however that ends.

    Attributes:
        name: its host name.
        address: its address in the private network.
        logs: the folder for its processes' logs, on the machine's own disk.
    """

    def __init__(self, name: str, address: IPv4Address, network: IPv4Network, folder: Path, programs: Path) -> None:
        """Make one.

        Args:
            name: its host name.
            address: its address.
            network: the VPC's range.
            folder: where logs go.
            programs: what it has in /usr/local/bin beside this machine's own.
        """
        self.name = name
        self.address = address
        self.logs = folder
        scratch = folder / f"{name}-files"
        scratch.mkdir(parents=True)
        # It lives until its standard input is closed, which it is when the test process is gone.
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "--propagation", "private", "sh", "-c", _PREPARE],
            env={
                "PATH": _PATH,
                "name": name,
                "scratch": str(scratch),
                "folders": " ".join(OWN_FOLDERS),
                "programs": str(programs),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if _pipe(self._holder.stdout).readline() != "ready\n":
            raise RuntimeError(f"instance {name}: {_pipe(self._holder.stderr).read()}")
        self._started: list[subprocess.Popen[bytes]] = []
        self._port = f"port{next(_numbers)}"
        self._join(f"{address}/{network.prefixlen}", str(next(network.hosts())))

    def _join(self, address: str, router: str) -> None:
        peer = f"peer name eth0 netns {self._holder.pid}"
        ip(f"link add {self._port} type veth {peer}")
        ip(f"link set {self._port} master {BRIDGE} up")
        for arguments in (f"address add {address} dev eth0", "link set eth0 up", f"route add default via {router}"):
            self.run("ip", *arguments.split())

    @property
    def root(self) -> Path:
        """Its file system, to read and write from the test."""
        return Path(f"/proc/{self._holder.pid}/root")

    def path(self, path: str) -> Path:
        """The path of one of its files, seen from the test."""
        return self.root / path.lstrip("/")

    def write(self, files: Mapping[str, str | bytes], mode: int = 0o600) -> None:
        """Write files, and the folders that they are in."""
        for path, content in files.items():
            file = self.path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
            file.chmod(mode)

    def run(
        self,
        *command: str,
        environment: Mapping[str, str] | None = None,
        given: str | None = None,
        check: bool = True,
        seconds: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        Args:
            *command: the command.
            environment: its variables, beside PATH.
            given: its standard input.
            check: whether it must succeed.
            seconds: how long it may take.

        Raises:
            CommandError: it fails; unless `check` is off.
        """
        done = subprocess.run(
            self.inside(command),
            env={"PATH": _PATH, "HOME": "/root", **(environment or {})},
            input=given,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if check and done.returncode:
            raise CommandError(f"{self.name}: {' '.join(command)}: {done.returncode}\n{done.stderr or done.stdout}")
        return done

    def start(self, command: Sequence[str], log: IO[bytes], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a process that runs beside the test; from its main thread alone."""
        # The kernel ends it with the thread that started it, rather than with the process.
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start processes from the main thread: they die with the thread that starts them")
        process = subprocess.Popen(
            self.inside(("setpriv", "--pdeathsig", "KILL", "--", *command)),
            env={"PATH": _PATH, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self._started.append(process)
        return process

    def cut_off(self) -> None:
        """Lose the network, as in a failing zone; what runs goes on."""
        ip(f"link set {self._port} down")

    def reconnect(self) -> None:
        """Have the network back."""
        ip(f"link set {self._port} up")

    def terminate(self) -> None:
        """Fail: what runs on it dies, its files are gone, its address is free."""
        for process in self._started:
            process.kill()
            process.wait()
        ip(f"link delete {self._port}")
        self._holder.communicate()

    def inside(self, command: Sequence[str]) -> list[str]:
        """A command line of this machine that runs a command on the instance."""
        return ["nsenter", "--target", str(self._holder.pid), "--net", "--mount", "--uts", "--", *command]


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
