"""The virtual machine: power, disks, console."""

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import machine_image
from support.boot.monitor import Monitor
from support.controlplane.instances.namespace import BRIDGE, ip
from support.controlplane.instances.waiting import until

MEMORY_MIB = 1536
POLL_SECONDS = 0.1
KERNEL_ARGUMENTS = (
    *("root=LABEL=root", "ro", "console=ttyS0", "quiet", "systemd.show_status=1", "net.ifnames=0"),
    # It would pay for what only real processors need, and believe a busy host's clock to be broken.
    *("mitigations=off", "no_timer_check"),
)
PROCESSOR = "max,-avx,-avx2,-fma,-f16c,-la57"
"""Programs compute digests and signatures with wide registers where there are some. Emulated, those are three times as
slow as the plain way, and five levels of page tables are slower than four."""


class MachineError(Exception):
    """The machine did not do what was waited for; with the end of its console."""


class SlowError(MachineError):
    """It did not do it in time."""


@dataclass(frozen=True)
class Volume:
    """A disk beside the root disk.

    Attributes:
        name: its id at AWS; the machine reads it, without the dash, as the disk's serial number.
        file: where its content is.
    """

    name: str
    file: Path

    @property
    def serial(self) -> str:
        """The serial number that the disk bears."""
        return self.name.replace("-", "")

    @classmethod
    def blank(cls, name: str, folder: Path, size: str = "1G") -> "Volume":
        """A new one."""
        file = folder / f"{name}.qcow2"
        _image("-f", "qcow2", str(file), size)
        return cls(name, file)


class Machine:
    """A virtual machine in the private network. It dies with the test process, however that ends.

    Attributes:
        name: what it is called in messages.
        address: its address.
        console: the file with everything that it said on its serial console.
    """

    def __init__(self, name: str, instance: str, address: IPv4Address, image: Path, folder: Path) -> None:
        """Make one, switched off, with a root disk as the image has it.

        Args:
            name: what it is called in messages.
            instance: its id at AWS, which is also what its files are called.
            address: the address that its network gives it.
            image: the folder of `machine_image`.
            folder: where its files go.
        """
        self.name = name
        self.address = address
        self.console = folder / f"{instance}.log"
        self.console.touch()
        self._log = folder / f"{instance}.qemu.log"
        self._image = image
        self._root = folder / f"{instance}.qcow2"
        # A socket's path has at most 107 characters, pytest's folders have more.
        self._socket = Path(f"/tmp/tripod-{os.getpid()}-{instance}.sock")  # noqa: S108
        self._process: subprocess.Popen[bytes] | None = None
        self._since = 0
        base = image / machine_image.DISK
        _image("-f", "qcow2", "-F", "qcow2", "-b", str(base), str(self._root))
        # The name of an interface has at most 15 characters.
        self._tap = f"tap{instance[-8:]}"
        ip(f"tuntap add dev {self._tap} mode tap")
        ip(f"link set {self._tap} master {BRIDGE} up")

    @property
    def running(self) -> bool:
        """True if it has power."""
        return self._process is not None and self._process.poll() is None

    def start(
        self, volumes: Sequence[Volume] = (), *, memory_mib: int = MEMORY_MIB, images: Path | None = None
    ) -> None:
        """Switch it on; from the test's main thread alone, with which it ends.

        Args:
            volumes: its disks beside the root disk.
            memory_mib: its memory.
            images: an archive of container images that it imports at boot.
        """
        if self.running:
            raise RuntimeError(f"{self.name} runs already")
        self._since = self.console.stat().st_size
        command = ["setpriv", "--pdeathsig", "KILL", "--", *self._command(volumes, memory_mib, images)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def plug(self, volume: Volume) -> None:
        """Attach a volume while it runs, as EC2 does."""
        with closing(Monitor(self._socket)) as monitor:
            file = {"driver": "file", "filename": str(volume.file)}
            monitor.execute("blockdev-add", **{"driver": "qcow2", "node-name": "plugged", "file": file})
            disk = {"driver": "nvme", "drive": "plugged", "serial": volume.serial, "bus": "spare"}
            monitor.execute("device_add", **disk)

    def reset(self) -> None:
        """Press the reset button: nothing is written to the disks first."""
        self._since = self.console.stat().st_size
        self._monitor("system_reset")

    def shut_down(self, seconds: float = 120) -> None:
        """Press the power button, and wait until the operating system has ended."""
        self._monitor("system_powerdown")
        until("power off", lambda: not self.running, seconds, POLL_SECONDS)

    def terminate(self) -> None:
        """Take its power and its root disk away."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        ip(f"link delete {self._tap}")
        self._socket.unlink(missing_ok=True)
        self._root.unlink(missing_ok=True)

    def said(self) -> str:
        """Its console output since it was switched on or reset."""
        with self.console.open("rb") as file:
            file.seek(self._since)
            return file.read().decode(errors="replace")

    def wait_said(self, text: str, seconds: float) -> float:
        """Wait for a text on the console since the last start; return the seconds that it took."""
        return self.wait_until(f"{text!r} on the console", lambda: text in self.said(), seconds)

    def wait_until(
        self, what: str, condition: Callable[[], object], seconds: float, every: float = POLL_SECONDS
    ) -> float:
        """Wait for something that it is to do; return the seconds that it took.

        Args:
            what: what it is, in an error.
            condition: true when it is done; an OSError counts as not yet.
            seconds: how long to wait.
            every: seconds between two looks, where looking costs the machine something.

        Raises:
            SlowError: it did not do it in time.
            MachineError: it has no power.
        """

        def done() -> object:
            if not self.running:
                raise MachineError(f"{self.name}: {what}: it has no power\n{self._end()}\n{self._log.read_text()}")
            return condition()

        try:
            return until(what, done, seconds, every)
        except TimeoutError as error:
            raise SlowError(f"{self.name}: {error}\n{self._end()}") from error

    def _end(self, lines: int = 60) -> str:
        return "\n".join(self.said().splitlines()[-lines:])

    def _monitor(self, command: str) -> None:
        with closing(Monitor(self._socket)) as monitor:
            monitor.execute(command)

    def _command(self, volumes: Sequence[Volume], memory_mib: int, images: Path | None) -> list[str]:
        # EC2's mark, by which cloud-init knows where it is.
        uuid = "ec2e1916-9099-7caf-fd21-012345abcdef"
        drives = [("virtio-blk-pci", "", self._root)]
        drives += [("nvme", f",serial={volume.serial}", volume.file) for volume in volumes]
        options = [
            *("-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", PROCESSOR, "-smp", "2", "-m", str(memory_mib)),
            *("-nodefaults", "-no-user-config", "-display", "none"),
            *("-smbios", f"type=1,manufacturer=Amazon EC2,uuid={uuid},serial={uuid}"),
            *("-kernel", str(self._image / machine_image.KERNEL), "-initrd", str(self._image / machine_image.RAMDISK)),
            *("-append", " ".join(KERNEL_ARGUMENTS)),
            *("-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console"),
            *("-qmp", f"unix:{self._socket},server=on,wait=off"),
            *("-device", "pcie-root-port,id=spare"),
            *("-netdev", f"tap,id=network,ifname={self._tap},script=no,downscript=no"),
            *("-device", f"virtio-net-pci,netdev=network,mac={mac_of(self.address)}"),
        ]
        for number, (device, more, file) in enumerate(drives):
            # The host may lose its power with these disks: they live as long as the test.
            options += ["-drive", f"id=drive{number},if=none,format=qcow2,cache=unsafe,file={file}"]
            options += ["-device", f"{device},drive=drive{number}{more}"]
        if images:
            options += ["-drive", f"id=images,if=none,format=raw,readonly=on,file={images}"]
            options += ["-device", f"virtio-blk-pci,drive=images,serial={machine_image.IMAGES}"]
        return ["qemu-system-x86_64", *options]


def mac_of(address: IPv4Address) -> str:
    """The hardware address of the interface with an address."""
    return ":".join(f"{part:02x}" for part in b"\x02\x00" + address.packed)


def _image(*arguments: str) -> None:
    subprocess.run(["qemu-img", "create", "-q", *arguments], check=True, capture_output=True)
