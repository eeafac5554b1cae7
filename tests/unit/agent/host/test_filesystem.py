import json
import shutil
from pathlib import Path

import pytest

from support.agent.instance import FakeHost, failed
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.host.filesystem import (
    DATA,
    LABEL,
    MARKER,
    MOUNT_POINT,
    MOUNT_UNIT,
    Content,
    Disk,
    Owner,
    classify,
    examine,
    has_log,
    mount_unit,
    prepare,
    signature_problem,
)

OWNER = Owner("0a1b2c3d", "0-0")
PROGRAMS = ("wipefs", "blkid", "mkfs.ext4")
real = pytest.mark.skipif(
    any(shutil.which(program) is None for program in PROGRAMS),
    reason=f"needs {', '.join(PROGRAMS)}",
)


def marker(incarnation: str = "0a1b2c3d", member: str = "0-0") -> str:
    return Owner(incarnation, member).marker()


CASES: dict[str, tuple[str | None, bool, Content, str]] = {
    "formatted, stopped before the marker": (None, False, Content.EMPTY, ""),
    "marked, stopped before etcd's log": (marker(), False, Content.EMPTY, ""),
    "its own": (marker(), True, Content.DATA, ""),
    "of another incarnation": (marker("ffffffff"), True, Content.OTHER, "of incarnation ffffffff"),
    "of another incarnation, without a log": (marker("ffffffff"), False, Content.OTHER, "give it its own volume"),
    "of another member": (marker(member="1-0"), True, Content.OTHER, "data of member 1-0"),
    "unmarked": (None, True, Content.OTHER, "without the marker"),
    "broken marker": ("{", True, Content.OTHER, "cannot be read"),
    "another's marker": ("[]", False, Content.OTHER, "cannot be read"),
    "marker without a member": ('{"incarnation": "0a1b2c3d"}', True, Content.OTHER, "cannot be read"),
}


@pytest.mark.parametrize("case", CASES)
def test_whose_data_they_are(case: str) -> None:
    text, has_log, content, reason = CASES[case]
    disk = classify(text, has_log, OWNER)
    assert disk.content is content
    assert reason in disk.reason
    assert bool(disk.reason) == (content is Content.OTHER)


@pytest.mark.parametrize(
    "found", [{}, {"TYPE": "xfs", "LABEL": LABEL}, {"TYPE": "ext4", "LABEL": "data"}, {"PTTYPE": "gpt"}], ids=str
)
def test_what_this_agent_did_not_make_is_left_alone(found: dict[str, str]) -> None:
    problem = signature_problem(found)
    assert "this agent did not make" in problem
    assert "wipefs --all" in problem
    assert signature_problem({"TYPE": "ext4", "LABEL": LABEL}) == ""


def test_an_instance_boots_without_its_volume_and_mounts_it_at_every_boot() -> None:
    text = mount_unit("12-34")
    assert "What=/dev/disk/by-uuid/12-34\n" in text
    assert "WantedBy=multi-user.target" in text
    assert "local-fs" not in text
    assert f"{MOUNT_POINT.strip('/').replace('/', '-')}.mount" == MOUNT_UNIT


@pytest.fixture
def machine(tmp_path: Path) -> FakeHost:
    """An instance whose volume is a file, and whose systemd does nothing."""
    made = FakeHost(tmp_path, real=frozenset(PROGRAMS))
    made.replies.update({"systemctl": "", "resize2fs": ""})
    return made


@pytest.fixture
def device(tmp_path: Path) -> str:
    """A blank volume."""
    file = tmp_path / "volume"
    with file.open("wb") as opened:
        opened.truncate(16 << 20)
    return str(file)


def write_log(machine: FakeHost) -> None:
    machine.write(f"{DATA}/member/wal/0.wal", "log")


@real
def test_a_blank_volume_is_formatted_once_marked_and_mounted(machine: FakeHost, device: str) -> None:
    blank = examine(machine, device, OWNER)
    assert blank == Disk(Content.BLANK)
    assert not machine.ran("systemctl"), "a blank volume is not mounted"
    prepare(machine, device, blank, OWNER)
    assert json.loads(machine.read(MARKER) or "") == {"incarnation": "0a1b2c3d", "member": "0-0"}
    uuid = machine.run("blkid", "--probe", "--output", "value", "--match-tag", "UUID", device).strip()
    assert f"by-uuid/{uuid}\n" in (machine.read(f"/etc/systemd/system/{MOUNT_UNIT}") or "")
    assert machine.ran("systemctl") == [
        "systemctl daemon-reload",
        f"systemctl enable {MOUNT_UNIT}",
        f"systemctl restart {MOUNT_UNIT}",
    ]
    assert machine.ran("resize2fs") == [f"resize2fs {device}"]
    assert examine(machine, device, OWNER) == Disk(Content.EMPTY)
    prepare(machine, device, Disk(Content.EMPTY), OWNER)
    assert len(machine.ran("mkfs.ext4")) == 1


@real
def test_data_are_found_again(machine: FakeHost, device: str) -> None:
    prepare(machine, device, Disk(Content.BLANK), OWNER)
    assert not has_log(machine)
    write_log(machine)
    assert has_log(machine)
    assert examine(machine, device, OWNER) == Disk(Content.DATA)
    assert examine(machine, device, Owner("0a1b2c3d", "1-0")).content is Content.OTHER


@real
def test_what_a_first_start_left_without_a_log_is_removed(machine: FakeHost, device: str) -> None:
    prepare(machine, device, Disk(Content.BLANK), OWNER)
    machine.write(f"{DATA}/member/snap/db", "left")
    prepare(machine, device, examine(machine, device, OWNER), OWNER)
    assert not machine.path(DATA).exists()


@real
@pytest.mark.parametrize("label", ["data", "tripod"])
def test_a_file_system_of_somebody_else_is_neither_mounted_nor_formatted(
    machine: FakeHost, device: str, label: str
) -> None:
    machine.run("mkfs.ext4", "-q", "-L", label, device)
    disk = examine(machine, device, OWNER)
    assert disk.content is Content.OTHER
    assert f"ext4 labelled '{label}'" in disk.reason
    assert not machine.ran("systemctl")


@real
def test_a_partition_table_is_not_blank(machine: FakeHost, device: str) -> None:
    sector = bytearray(512)
    sector[510:] = b"\x55\xaa"
    sector[446:462] = bytes.fromhex("80 000000 83 000000 00080000 00080000")
    with Path(device).open("r+b") as file:
        file.write(sector)
    assert examine(machine, device, OWNER).content is Content.OTHER


@real
def test_a_volume_that_cannot_be_read_is_not_blank(machine: FakeHost) -> None:
    with pytest.raises(AgentError, match="wipefs"):
        examine(machine, "/no/such/device", OWNER)


@pytest.mark.parametrize("content", [Content.DATA, Content.OTHER])
def test_nothing_is_formatted_or_removed_where_there_are_data(machine: FakeHost, content: Content) -> None:
    write_log(machine)
    with pytest.raises(AgentError, match="nothing is formatted or removed"):
        prepare(machine, "/dev/nvme1n1", Disk(content), OWNER)
    assert has_log(machine)
    assert machine.commands == []


def test_a_failing_mkfs_stops_the_boot(tmp_path: Path) -> None:
    machine = FakeHost(tmp_path, replies={"mkfs.ext4": failed("Input/output error")})
    with pytest.raises(AgentError, match="Input/output error"):
        prepare(machine, "/dev/nvme1n1", Disk(Content.BLANK), OWNER)
    assert machine.read(MARKER) is None
