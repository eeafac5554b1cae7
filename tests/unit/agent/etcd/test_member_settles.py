"""The phase membership, with etcd, systemd and the disk stood in for; the control-plane tests run it on real etcd."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.agent.etcd_answers import (
    ALL,
    BLANK,
    CLIENTS,
    FORMATTED,
    NOBODY,
    PARAMETER,
    QUIET,
    asked,
    etcdctl,
    listed,
    members,
    status,
)
from support.agent.instance import MEMBERS, FakeInstance, Reply, aws, failed, member_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd import member
from tripod.bootstrap.agent.etcd.config import CONFIG, UNIT, UNIT_FILE, etcd_unit
from tripod.bootstrap.agent.host.filesystem import DATA, MARKER, Owner

LOG = f"{DATA}/member/wal/0.wal"
OWN_MARKER = Owner("0a1b2c3d", "0-0").marker()
MakeMember = Callable[..., FakeInstance]


@pytest.fixture
def on_disk(account: None, attached: None, tmp_path: Path) -> MakeMember:
    """Make an instance whose volume is attached: answers about the disk, files, etcdctl's answers."""

    def made(disk: Mapping[str, Reply], files: Mapping[str, str] | None = None, **replies: Reply) -> FakeInstance:
        on = member_instance(tmp_path, **{**QUIET, "resize2fs": "", **disk, **etcdctl(**replies)})
        for path, text in (files or {}).items():
            on.machine.write(path, text)
        return on

    return made


def initialise() -> None:
    aws("ssm").put_parameter(Name=PARAMETER, Value="{}", Type="String")


def configured(on: FakeInstance) -> dict[str, Any]:
    return json.loads(on.machine.read(CONFIG) or "{}")


def test_a_new_cluster(on_disk: MakeMember) -> None:
    on = on_disk(BLANK, member_list=NOBODY)
    assert member.decide_membership(on.agent) == "forms a new cluster with 0-0, 1-0, 2-0"
    assert on.machine.read(MARKER) == OWN_MARKER
    written = configured(on)
    assert written["initial-cluster-state"] == "new"
    assert written["initial-cluster"] == ",".join(f"{name}=https://{at}:2380" for name, at in MEMBERS.items())
    assert written["initial-cluster-token"] == "demo-0a1b2c3d"
    assert on.machine.read(UNIT_FILE) == etcd_unit()
    assert on.machine.path(DATA).stat().st_mode & 0o777 == 0o700
    assert not asked(on, "member add")


def test_data_are_started_with_and_the_configuration_stays(on_disk: MakeMember) -> None:
    on = on_disk(BLANK, member_list=NOBODY)
    member.decide_membership(on.agent)
    first = on.machine.read(CONFIG)
    on.machine.write(LOG, "log")
    on.machine.replies.update({**FORMATTED, **etcdctl(member_list=members(*ALL))})
    initialise()
    assert member.decide_membership(on.agent) == "starts with its data"
    assert on.machine.read(CONFIG) == first
    assert not on.machine.ran("systemctl stop")
    assert len(on.machine.ran("mkfs")) == 1


def test_a_new_instance_with_an_old_volume_begins_as_one_of_an_existing_cluster(on_disk: MakeMember) -> None:
    initialise()
    on = on_disk(FORMATTED, {MARKER: OWN_MARKER, LOG: "log"}, member_list=NOBODY)
    assert member.decide_membership(on.agent) == "starts with its data"
    assert configured(on)["initial-cluster-state"] == "existing"
    assert not on.machine.ran("mkfs")


def test_a_changed_configuration_stops_etcd_before_it_is_written(on_disk: MakeMember) -> None:
    initialise()
    on = on_disk(FORMATTED, {MARKER: OWN_MARKER, LOG: "log", CONFIG: "{}", UNIT_FILE: "[Unit]"}, member_list=NOBODY)

    def stop(*_: str) -> str:
        assert on.machine.read(CONFIG) == "{}"
        return ""

    on.machine.replies["systemctl stop"] = stop
    member.decide_membership(on.agent)
    assert on.machine.ran("systemctl stop") == [f"systemctl stop {UNIT}"]
    assert configured(on)["name"] == "0-0"


def test_etcd_that_begins_to_write_while_the_volume_is_looked_at_keeps_what_it_has_written(on_disk: MakeMember) -> None:
    """After a power-on systemd starts etcd beside this boot: the first look finds no data, and a moment later there
    are some."""
    on = on_disk(FORMATTED, {MARKER: OWN_MARKER, UNIT_FILE: etcd_unit()}, member_list=NOBODY)

    def stop(*_: str) -> str:
        on.machine.write(LOG, "log")
        return ""

    on.machine.replies[f"systemctl stop {UNIT}"] = stop
    assert member.decide_membership(on.agent) == "starts with its data"
    assert on.machine.read(LOG) == "log"


def test_nothing_is_removed_before_etcd_is_stopped(on_disk: MakeMember) -> None:
    on = on_disk(FORMATTED, {MARKER: OWN_MARKER, UNIT_FILE: etcd_unit()}, member_list=NOBODY)
    on.machine.write(f"{DATA}/member/snap/db", "left")

    found: list[str | None] = []

    def stop(*_: str) -> str:
        found.append(on.machine.read(f"{DATA}/member/snap/db"))
        return ""

    on.machine.replies[f"systemctl stop {UNIT}"] = stop
    assert member.decide_membership(on.agent).startswith("forms")
    assert found[0] == "left"
    assert on.machine.read(f"{DATA}/member/snap/db") is None


def test_a_lost_volume_is_prepared_before_the_old_entry_is_removed_and_a_learner_added(on_disk: MakeMember) -> None:
    initialise()
    learner = listed("0-0", 0xB0, name="", clientURLs=[], isLearner=True)

    def remove(*_: str) -> str:
        assert on.machine.read(MARKER)
        return "{}"

    on = on_disk(
        BLANK,
        member_list=members(*ALL),
        member_remove=remove,
        member_add=members(ALL[1], ALL[2], learner),
        endpoint_status=status(0xA1, database=5 << 30),
    )
    assert member.decide_membership(on.agent) == "comes back as a learner; its old entry a0 is removed"
    assert asked(on, "member remove") == ["member remove a0"]
    assert asked(on, "member add") == ["member add 0-0 --learner --peer-urls=https://10.0.192.16:2380"]
    (added,) = [command for command in on.machine.ran("etcdctl") if "member add" in command]
    assert f"--endpoints={CLIENTS['1-0']},{CLIENTS['2-0']} " in added
    assert configured(on)["initial-cluster-state"] == "existing"
    assert configured(on)["initial-cluster"].endswith(",0-0=https://10.0.192.16:2380")
    # Half of this instance's memory would be less than what it is about to receive.
    assert configured(on)["quota-backend-bytes"] == 6 << 30


def test_a_member_that_is_new_comes_as_a_learner(on_disk: MakeMember) -> None:
    initialise()
    added = members(ALL[1], ALL[2], listed("0-0", 0xB0, name="", isLearner=True))
    on = on_disk(BLANK, member_list=members(*ALL[1:]), member_add=added, endpoint_status=NOBODY)
    assert member.decide_membership(on.agent) == "comes as a learner"
    assert configured(on)["quota-backend-bytes"] == 4 << 30
    assert not asked(on, "member remove")


def test_members_that_do_not_agree_at_first_are_asked_again_from_what_is_now(on_disk: MakeMember) -> None:
    """The entry was removed, the learner not added: the next look finds no entry, and the volume formatted."""
    initialise()
    entries = [ALL]
    unhealthy = [failed("Error: etcdserver: unhealthy cluster")]

    def remove(*_: str) -> str:
        entries[0] = ALL[1:]
        on.machine.replies["wipefs"] = "ext4\n"
        return "{}"

    def add(*_: str) -> str:
        if unhealthy:
            raise unhealthy.pop()
        return members(*ALL[1:], listed("0-0", 0xB0, name="", isLearner=True))

    def list_(*_: str) -> str:
        return members(*entries[0])

    on = on_disk(BLANK, member_list=list_, member_remove=remove, member_add=add, endpoint_status=status(0xA1))
    assert member.decide_membership(on.agent) == "comes as a learner"
    assert len(asked(on, "member remove")) == 1
    assert len(on.machine.ran("mkfs")) == 1
    assert any("unhealthy cluster; trying again" in line for line in on.lines)


def test_a_blank_member_without_a_majority_waits_formats_nothing_and_then_says_what_to_do(on_disk: MakeMember) -> None:
    initialise()
    on = on_disk(BLANK, member_list=NOBODY)
    with pytest.raises(AgentError, match=r"membership: .*blank.*`tripod restore`.*gave up after 600 s"):
        member.decide_membership(on.agent)
    assert not on.machine.ran("mkfs")
    assert on.machine.read(CONFIG) is None


def test_a_volume_of_something_else_stops_at_once(on_disk: MakeMember) -> None:
    on = on_disk({**FORMATTED, "blkid": "TYPE=xfs\nUUID=1\n"}, member_list=NOBODY)
    with pytest.raises(AgentError, match="the volume holds xfs"):
        member.decide_membership(on.agent)
    assert on.clock.time == 0


def test_what_cannot_be_known_of_the_past_forms_nothing(on_disk: MakeMember) -> None:
    on = on_disk(BLANK, member_list=NOBODY)
    on.cloud.faults["get_parameter"] = ["AccessDeniedException"] * 1000
    with pytest.raises(AgentError, match=r"ssm:get_parameter: .*AccessDenied.*gave up"):
        member.decide_membership(on.agent)
    assert not on.machine.ran("mkfs")
    on.cloud.faults["get_parameter"] = ["ThrottlingException", "InternalServerError"]
    assert member.decide_membership(on.agent).startswith("forms")
