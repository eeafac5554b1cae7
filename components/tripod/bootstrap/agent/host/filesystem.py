"""File system of a member's volume: examined, made only on a blank one, mounted."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ..core.errors import AgentError
from .host import CommandError, Host

MOUNT_POINT = "/var/lib/etcd"
MOUNT_UNIT = "var-lib-etcd.mount"
DATA = f"{MOUNT_POINT}/data"
MARKER = f"{MOUNT_POINT}/tripod.json"
"""The owner's marker, on the volume itself."""

KIND = "ext4"
LABEL = "tripod-etcd"


class Content(Enum):
    """Content of a member's volume."""

    BLANK = "blank"
    """No file system."""
    EMPTY = "empty"
    """A file system of ours, and no data: etcd never wrote its log there."""
    DATA = "data"
    """This member's data."""
    OTHER = "foreign"
    """Anything else."""


@dataclass(frozen=True)
class Disk:
    """A member's volume, as examined.

    Attributes:
        content: its content.
        reason: the problem of an unusable volume, and the remedy.
    """

    content: Content
    reason: str = ""


@dataclass(frozen=True)
class Owner:
    """Owner of a volume's data.

    Attributes:
        incarnation: the cluster's incarnation.
        member: the member's name.
    """

    incarnation: str
    member: str

    def marker(self) -> str:
        """Render the marker."""
        return json.dumps({"incarnation": self.incarnation, "member": self.member})


def signature_problem(found: Mapping[str, str]) -> str:
    """Reason why a device's signature is no file system of ours; empty if it is one.

    Args:
        found: blkid's output: TYPE, LABEL and so on.
    """
    kind, label = found.get("TYPE", "no file system"), found.get("LABEL", "")
    if (kind, label) == (KIND, LABEL):
        return ""
    return (
        f"the volume holds {kind} labelled {label!r}, which this agent did not make: if it is not needed, "
        "wipe it (`wipefs --all`) or delete the volume and run `pulumi up`"
    )


def classify(marker: str | None, has_log: bool, owner: Owner) -> Disk:
    """Classify the content of a file system of ours.

    Args:
        marker: the marker's text; None if there is none.
        has_log: True if it holds etcd's write-ahead log.
        owner: the expected owner.
    """
    if marker is None:
        if has_log:
            return Disk(Content.OTHER, "the volume holds data of etcd without the marker that says whose it is")
        return Disk(Content.EMPTY)
    try:
        read = json.loads(marker)
        found = Owner(read["incarnation"], read["member"])
    except (ValueError, LookupError, TypeError):
        return Disk(Content.OTHER, f"the volume's marker {MARKER} cannot be read")
    if found != owner:
        return Disk(
            Content.OTHER,
            f"the volume holds data of member {found.member} of incarnation {found.incarnation}, this is member "
            f"{owner.member} of incarnation {owner.incarnation}: give it its own volume",
        )
    return Disk(Content.DATA if has_log else Content.EMPTY)


def mount_unit(uuid: str) -> str:
    """Render the unit that mounts the volume. An instance boots without it, etcd does not start without it."""
    return f"""[Unit]
Description=Data of this member of etcd

[Mount]
What=/dev/disk/by-uuid/{uuid}
Where={MOUNT_POINT}
Type={KIND}
Options=noatime,nodev,nosuid,noexec

[Install]
WantedBy=multi-user.target
"""


def examine(host: Host, device: str, owner: Owner) -> Disk:
    """Examine a volume; mount it if it holds a file system of ours.

    Raises:
        AgentError: it cannot be read or mounted.
    """
    # blkid answers the same for a blank disk and for an unreadable one; wipefs does not.
    if not host.run("wipefs", "--no-act", "--noheadings", "--output", "TYPE", device).strip():
        return Disk(Content.BLANK)
    found = _signature(host, device)
    problem = signature_problem(found)
    if problem:
        return Disk(Content.OTHER, problem)
    mount(host, device, found["UUID"])
    return classify(host.read(MARKER), has_log(host), owner)


def has_log(host: Host) -> bool:
    """Return True if etcd has written its log on the volume: from then on its data count."""
    return any(host.path(f"{DATA}/member/wal").glob("*.wal"))


def prepare(host: Host, device: str, disk: Disk, owner: Owner) -> None:
    """Prepare a volume for a member without data, and mark its owner.

    Args:
        host: the instance.
        device: the volume's device.
        disk: its content: BLANK or EMPTY.
        owner: the owner of its future data.

    Raises:
        AgentError: it is neither blank nor empty, or a command fails.
    """
    if disk.content is Content.BLANK:
        host.run("mkfs.ext4", "-q", "-L", LABEL, "-m", "0", device)
        mount(host, device, _signature(host, device)["UUID"])
    elif disk.content is not Content.EMPTY:
        raise AgentError(f"the volume is {disk.content.value}: nothing is formatted or removed")
    # Leftovers of a first start before it wrote its log.
    shutil.rmtree(host.path(DATA), ignore_errors=True)
    host.write(MARKER, owner.marker())


def mount(host: Host, device: str, uuid: str) -> None:
    """Mount the volume, now and at every boot, and grow the file system to its size."""
    changed = host.write(f"/etc/systemd/system/{MOUNT_UNIT}", mount_unit(uuid))
    host.path(MOUNT_POINT).mkdir(parents=True, exist_ok=True)
    host.enable(MOUNT_UNIT, changed=changed)
    host.run("resize2fs", device)


def _signature(host: Host, device: str) -> dict[str, str]:
    try:
        lines = host.run("blkid", "--probe", "--output", "export", device).splitlines()
    except CommandError:
        # It finds no signature, or more than one.
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)
