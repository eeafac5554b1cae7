"""`tripod etcd` on real members: what a full database needs until it takes writes again."""

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from support.controlplane.etcd_agent import put
from support.controlplane.instances.instance import CommandError
from support.controlplane.stack_cluster import StackCluster
from support.controlplane.stack_members import StackMember
from tripod.bootstrap.agent.etcd import member as agent_member

QUOTA = 24 << 20
MIB = 1 << 20


@pytest.fixture(autouse=True)
def small_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is full in seconds."""

    def quota(memory_mib: int, database_bytes: int) -> int:
        return QUOTA

    monkeypatch.setattr(agent_member, "quota_bytes", quota)


def test_a_full_database_takes_writes_again(small_quota: None, cluster: StackCluster) -> None:
    first = cluster.members[0]
    code, said = cluster.tripod("etcd", "status", "--json")
    assert (code, data(said)["problems"]) == (0, [])
    fill(first)
    with pytest.raises(CommandError, match="database space exceeded"):
        write(first, "one more")
    it_is_seen_and_not_disarmed_while_it_is_full(cluster)
    every_member_is_defragmented_the_leader_last(cluster)
    done = cluster.answer("etcd", "disarm")
    assert done == {"disarmed": ["NOSPACE"]}
    put(first, "new")
    code, said = cluster.tripod("etcd", "status", "--json")
    assert (code, data(said)["problems"]) == (0, [])
    without_a_member_nothing_is_touched(cluster)


def it_is_seen_and_not_disarmed_while_it_is_full(cluster: StackCluster) -> None:
    code, said = cluster.tripod("etcd", "status")
    assert code == 1
    assert "alarm NOSPACE: etcd takes no writes" in said
    assert "% of its quota" in said
    code, said = cluster.tripod("etcd", "disarm", "--yes")
    assert code == 2
    assert "defragment first" in said
    assert "disarm" not in cluster.agents.order()
    code, said = cluster.tripod("etcd", "defragment")
    assert (code, "Nothing was changed" in said) == (0, True)


def every_member_is_defragmented_the_leader_last(cluster: StackCluster) -> None:
    (leader,) = [member for member in cluster.members if leads(member)]
    cluster.agents.ran.clear()
    done = cluster.answer("etcd", "defragment")["members"]
    touched = [instance for command, instance in cluster.agents.ran if command == "defragment"]
    assert sorted(touched) == sorted(member.id for member in cluster.members)
    assert touched[-1] == leader.id
    assert all(9 * size["before"] > 8 * QUOTA and size["after"] < 4 * MIB for size in done.values()), done
    # All are asked for their health between two of them.
    between = [command for command, _ in cluster.agents.ran]
    assert "defragment,defragment" not in ",".join(between)


def without_a_member_nothing_is_touched(cluster: StackCluster) -> None:
    cluster.members[2].etcd.kill()
    cluster.agents.ran.clear()
    code, said = cluster.tripod("etcd", "defragment", "--yes")
    assert code == 2
    assert "2-0" in said
    assert {command for command, _ in cluster.agents.ran} == {"status"}


def fill(member: StackMember) -> None:
    """Write one key again and again, as a controller does, until etcd raises its alarm."""
    for number in range(2 * QUOTA // MIB):
        try:
            write(member, f"{number}")
        except CommandError:
            return
    raise AssertionError("etcd takes more than its quota")


def write(member: StackMember, seed: str) -> None:
    value = random.Random(seed).randbytes(MIB // 2).hex()  # noqa: S311 - no secret
    member.instance.run(*member.etcdctl_command("put", "large"), given=value)


def leads(member: StackMember) -> bool:
    (said,) = member.etcdctl("endpoint", "status")
    return said["Status"]["leader"] == said["Status"]["header"]["member_id"]


def data(said: str) -> Mapping[str, Any]:
    return json.loads(said[said.index("{") :])
