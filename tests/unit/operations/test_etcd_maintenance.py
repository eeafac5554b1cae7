"""Maintenance of etcd: when it is refused, and what is reported. controlplane/ has it on real members."""

from typing import Any

import pytest

from support.operations.fleets import view
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.errors import OperationError
from tripod.operations.etcd_health import MemberView
from tripod.operations.etcd_maintenance import (
    Defragmenter,
    EtcdState,
    disarm_refusals,
    etcd_state,
    space_problems,
)
from tripod.operations.remote import CommandResult, RemoteError

MEMBERS = {"m0": "i-0", "m1": "i-1", "m2": "i-2"}
FULL: dict[str, Any] = {"healthy": False, "reason": "alarm:NOSPACE", "quorum": True, "alarms": ["NOSPACE"]}
QUOTA = 2 << 30


def state(instances: dict[str, str] = MEMBERS, **views: MemberView | str) -> EtcdState:
    return etcd_state(list(MEMBERS), instances, [*views.items()])


def three(**fields: Any) -> EtcdState:
    return state(m0=view("a", **fields), m1=view("b", **fields), m2=view("c", **fields))


def test_a_full_database_alone_does_not_refuse_its_remedy() -> None:
    assert three(**FULL).refusals == ()
    assert three(**FULL).order == ["m1", "m2", "m0"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({**FULL, "alarms": ["CORRUPT", "NOSPACE"]}, "alarm:NOSPACE"),
        ({**FULL, "alarms": ["CORRUPT"], "reason": "alarm:CORRUPT"}, "alarm:CORRUPT"),
        ({**FULL, "quorum": False, "reason": "no majority"}, "no majority"),
        ({"learner": True}, "learner"),
        ({"leader": ""}, "do not agree on a leader"),
    ],
)
def test_members_are_left_alone_while_something_else_is_wrong(fields: dict[str, Any], said: str) -> None:
    assert said in "; ".join(map(str, three(**fields).refusals))


def test_a_member_without_an_instance_refuses() -> None:
    found = state({"m0": "i-0", "m1": "i-1"}, m0=view("a"), m1=view("b"))
    assert "m2: has no instance in service" in [str(one).partition(";")[0] for one in found.refusals]


def test_an_alarm_is_not_cleared_while_a_database_is_full() -> None:
    assert disarm_refusals(three(**FULL, quota=QUOTA, database=QUOTA // 2)) == ()
    refused = disarm_refusals(three(**FULL, quota=QUOTA, database=QUOTA - 1))
    assert [one.subject for one in refused] == ["m0", "m1", "m2"]


def test_space_that_runs_out_is_reported() -> None:
    assert list(space_problems(three(quota=QUOTA, database=QUOTA // 2, disk_percent=79))) == []
    (alarm, *others) = space_problems(three(**FULL, quota=QUOTA, database=QUOTA * 9 // 10, disk_percent=80))
    assert alarm.startswith("alarm NOSPACE: etcd takes no writes")
    assert others[:2] == ["m0: its database has 89 % of its quota", "m0: its data's file system is 80 % full"]


class Broken:
    """Members of which the second fails."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, object]] = []

    def run(self, instance: str, command: str, arguments: Any = None, seconds: int = 0) -> CommandResult:  # noqa: ARG002
        self.ran.append((instance, arguments["compact"]))
        if instance == "i-2":
            raise RemoteError("i-2: /var/lib/etcd has 5 bytes free")
        return CommandResult(0, f'tripod: {command}: {{"before": 2, "after": 1}}\n')


def test_it_stops_at_a_member_that_fails_and_says_which_are_left() -> None:
    remote = Broken()
    run = Defragmenter(lambda: three(**FULL), remote, RetryPolicy(1, 0.1, 0.1), lambda _: None)
    with pytest.raises(OperationError, match=r"5 bytes free\. Not defragmented: m2, m0\."):
        run.defragment()
    # Compacted once, to the newest revision of all, before the first.
    assert remote.ran == [("i-1", 50), ("i-2", 0)]
