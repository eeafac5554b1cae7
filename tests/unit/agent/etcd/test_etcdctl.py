"""What etcdctl 3.6 prints, as it was seen, and what becomes of it."""

import json
from pathlib import Path

import pytest

from support.agent.instance import FakeHost, failed
from tripod.bootstrap.agent.core.errors import RetryableError
from tripod.bootstrap.agent.etcd.etcdctl import Etcdctl, Status, entries_of, status_of
from tripod.bootstrap.agent.etcd.membership import Entry, View

ID = 7424361612042893377
HEADER = {"cluster_id": 15961240362372411134, "member_id": ID, "raft_term": 2}
STARTED = {
    "ID": ID,
    "name": "0-0",
    "peerURLs": ["https://10.0.192.16:2380"],
    "clientURLs": ["https://10.0.192.16:2379"],
}
LEARNER = {"ID": 4931886331498728049, "peerURLs": ["https://10.0.200.16:2380"], "isLearner": True}
LISTED = json.dumps({"header": HEADER, "members": [STARTED, LEARNER]})
ENTRIES = [
    Entry(ID, "0-0", ("https://10.0.192.16:2380",), ("https://10.0.192.16:2379",), learner=False),
    Entry(4931886331498728049, "", ("https://10.0.200.16:2380",), (), learner=True),
]
STATUS = {"header": HEADER, "version": "3.6.14", "dbSize": 20480, "dbSizeInUse": 16384, "leader": ID, "raftIndex": 9}
FIRST, SECOND = "10.0.192.16", "10.0.200.16"


def asked(address: str) -> str:
    """How every question to a member begins."""
    return f"etcdctl --endpoints=https://{address}:2379"


def answering(folder: Path, address: str, linearizable: bool = True) -> FakeHost:
    """An instance from which one member answers, another does not."""

    def reply(*command: str) -> str:
        if command[-1] == "--consistency=l" and not linearizable:
            raise failed("Error: context deadline exceeded")
        return LISTED

    return FakeHost(folder, replies={"etcdctl": failed("Error: context deadline exceeded"), asked(address): reply})


def test_members_are_read() -> None:
    assert entries_of(LISTED) == ENTRIES


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (STATUS, Status(ID, ID, learner=False, version="3.6.14", database=20480, used=16384)),
        (
            {**STATUS, "isLearner": True, "raftAppliedIndex": 9, "errors": ["etcdserver: no leader"]},
            Status(
                ID,
                ID,
                learner=True,
                index=9,
                version="3.6.14",
                errors=("etcdserver: no leader",),
                database=20480,
                used=16384,
            ),
        ),
        # Without a leader the field is left out.
        ({"header": HEADER}, Status(ID, 0, learner=False)),
    ],
)
def test_a_status_is_read(said: dict[str, object], status: Status) -> None:
    assert status_of(json.dumps([{"Endpoint": "https://10.0.192.16:2379", "Status": said}])) == status


@pytest.mark.parametrize("address", [FIRST, SECOND])
@pytest.mark.parametrize("linearizable", [True, False])
def test_one_member_that_answers_is_enough_and_a_majority_is_one_that_has_confirmed(
    tmp_path: Path, address: str, linearizable: bool
) -> None:
    machine = answering(tmp_path, address, linearizable)
    assert Etcdctl(machine).view([FIRST, SECOND]) == View(linearizable, ENTRIES)


def test_nobody_answers(tmp_path: Path) -> None:
    assert Etcdctl(answering(tmp_path, "10.0.0.1")).view([FIRST, SECOND]) is None
    assert Etcdctl(answering(tmp_path, FIRST)).view([]) is None


def test_members_are_asked_with_the_members_certificate_and_with_a_limit(tmp_path: Path) -> None:
    machine = answering(tmp_path, FIRST)
    Etcdctl(machine).view([FIRST])
    pki = tmp_path / "etc/etcd/pki"
    for command in machine.commands:
        assert f"--cacert={pki}/ca.crt --cert={pki}/member.crt --key={pki}/member.key" in command
        assert "--command-timeout=5s --write-out=json" in command


def test_ids_are_given_in_hexadecimal(tmp_path: Path) -> None:
    machine = FakeHost(tmp_path, replies={"etcdctl": LISTED})
    etcdctl = Etcdctl(machine)
    etcdctl.remove([FIRST], 255)
    etcdctl.promote([FIRST, SECOND], 0x4471)
    assert etcdctl.add_learner([FIRST], "1-0", SECOND) == ENTRIES
    assert [command.split("--write-out=json ")[1] for command in machine.commands] == [
        "member remove ff",
        "member promote 4471",
        "member add 1-0 --learner --peer-urls=https://10.0.200.16:2380",
    ]
    assert "--endpoints=https://10.0.192.16:2379,https://10.0.200.16:2379 " in machine.commands[1]


@pytest.mark.parametrize(
    "message",
    [
        "Error: etcdserver: can only promote a learner member which is in sync with leader",
        "Error: etcdserver: unhealthy cluster",
        "Error: etcdserver: too many learner members in cluster",
        "Error: context deadline exceeded",
    ],
)
def test_what_members_do_not_agree_to_now_is_asked_again_with_one_line(tmp_path: Path, message: str) -> None:
    etcdctl = Etcdctl(FakeHost(tmp_path, replies={"etcdctl": failed(f'{{"level":"warn"}}\n{message}\n')}))
    for act, command in (
        (lambda: etcdctl.remove([FIRST], 1), "member remove 1"),
        (lambda: etcdctl.promote([FIRST], 1), "member promote 1"),
        (lambda: etcdctl.status(FIRST), "endpoint status"),
    ):
        with pytest.raises(RetryableError) as error:
            act()
        assert str(error.value) == f"`etcdctl {command}`: {message}"


def test_health_is_yes_or_no(tmp_path: Path) -> None:
    assert Etcdctl(FakeHost(tmp_path, replies={"etcdctl": "[]"})).is_healthy(FIRST)
    assert not Etcdctl(FakeHost(tmp_path, replies={"etcdctl": failed("unhealthy")})).is_healthy(FIRST)
