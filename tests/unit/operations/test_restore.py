"""Restoring: every member from the same file, nobody started before all agree, and nothing given up unasked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.clock import Clock
from support.operations.answering_agents import AnsweringAgents
from support.operations.fleets import member_status
from tripod.operations.errors import OperationError
from tripod.operations.etcd_health import member_view
from tripod.operations.remote import CommandResult
from tripod.operations.restore.plan import (
    BUMP_REVISION,
    RestorePlan,
    RestoreState,
    RestoreTarget,
    new_token,
    next_commands,
    restore_plan,
)
from tripod.operations.restore.run import Restorer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WANTED = RestoreTarget("bucket", "etcd/1", new_token("prod-1", NOW))


def cluster(members: int = 3, control_plane: int = 2) -> RestoreState:
    names = tuple(f"{index}-0" for index in range(members))
    instances = {name: f"i-etcd-{name}" for name in names}
    servers = tuple(f"i-server-{index}" for index in range(control_plane))
    views = tuple((name, "etcd does not answer") for name in names)
    reachable = frozenset((*instances.values(), *servers))
    return RestoreState(names, instances, servers, views, reachable, frozenset({"etcd/1"}))


def status(member: str, count: int, **fields: Any) -> dict[str, Any]:
    known = {"leader": "0-0", "revision": BUMP_REVISION + 50, "members": [f"{index}-0" for index in range(count)]}
    return member_status(member, **{**known, **fields})


@dataclass
class FakeAgents(AnsweringAgents):
    """Agents that obey, and remember in which state each etcd and each API server is.

    Attributes:
        answers: command → what it answers otherwise; or an exit code.
    """

    of: RestoreState
    answers: Mapping[tuple[str, str], Mapping[str, Any] | int] = field(
        default_factory=dict[tuple[str, str], "Mapping[str, Any] | int"]
    )
    ran: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    restores: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    def answer(self, instance: str, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | CommandResult:
        if command != "status":
            self.ran.append((command, instance))
        if command == "restore":
            self.restores.append(arguments)
        member = instance.removeprefix("i-etcd-")
        usual: dict[str, Mapping[str, Any]] = {
            "status": status(member, len(self.of.members)),
            "restore": {"revision": BUMP_REVISION + 50, "hash": "abc"},
        }
        answer = self.answers.get((command, instance), usual.get(command, {}))
        if isinstance(answer, int):
            return CommandResult(answer, "", "tripod: it cannot")
        return answer


def restored(agents: FakeAgents, plan: RestorePlan | None = None) -> int:
    plan = plan or restore_plan(agents.of, WANTED)
    assert plan.refusals == ()
    return Restorer(agents, Clock().patience(), lambda _: None).restore(plan, agents.of)


def stages(agents: FakeAgents) -> list[str]:
    found: list[str] = []
    for command, _ in agents.ran:
        if command not in found[-1:]:
            found.append(command)
    return found


def test_the_whole_procedure_in_its_order() -> None:
    agents = FakeAgents(cluster())
    assert restored(agents) == BUMP_REVISION + 50
    assert stages(agents) == ["stop-api-server", "stop-etcd", "restore", "start-etcd", "start-api-server"]
    members = [instance for command, instance in agents.ran if command == "restore"]
    assert members == ["i-etcd-0-0", "i-etcd-1-0", "i-etcd-2-0"]


@pytest.mark.parametrize("wanted", [replace(WANTED, to_drop=("key-1",)), replace(WANTED, imported=True)])
def test_api_servers_start_with_the_keys_that_the_snapshot_needs(wanted: RestoreTarget) -> None:
    agents = FakeAgents(cluster())
    restored(agents, restore_plan(agents.of, wanted))
    assert stages(agents)[-3:] == ["start-etcd", "refresh-encryption", "start-api-server"]
    assert agents.ran.count(("refresh-encryption", "i-server-1")) == 1


def test_every_member_gets_the_same_file_a_new_token_and_raised_revisions() -> None:
    agents = FakeAgents(cluster())
    restored(agents)
    snapshot = {"bucket": "bucket", "key": "etcd/1", "token": "prod-1-restored-20261120120000"}
    assert agents.restores == [{**snapshot, "bump_revision": 1_000_000_000, "mark_compacted": True}] * 3


def well(of: RestoreState) -> RestoreState:
    views = tuple((name, member_view(status(name, len(of.members)))) for name in of.members)
    return replace(of, views=views)


@pytest.mark.parametrize(
    ("of", "wanted", "said"),
    [
        (well(cluster()), WANTED, "would be lost"),
        (replace(cluster(), views=(*cluster().views[:2], well(cluster()).views[2])), WANTED, "it works (2-0)"),
        (replace(cluster(), instances={"0-0": "i-etcd-0-0"}), WANTED, "member 1-0 has no instance in service"),
        (replace(cluster(), instances={"0-0": "i-etcd-0-0"}), WANTED, "`--without 1-0` restores the others"),
        (replace(cluster(), reachable=frozenset()), WANTED, "i-server-0: its agent does not answer"),
        (replace(cluster(), control_plane=()), WANTED, "no node is in service"),
        (cluster(), replace(WANTED, key="etcd/2"), "`tripod backups` lists"),
    ],
)
def test_a_restore_is_refused_with_its_reason(of: RestoreState, wanted: RestoreTarget, said: str) -> None:
    assert said in "\n".join(str(one) for one in restore_plan(of, wanted).refusals)


def away(*members: str, of: RestoreState | None = None) -> RestoreState:
    """A cluster in which the agents of these members do not answer."""
    of = of or cluster()
    return replace(of, reachable=of.reachable - {of.instances[member] for member in members})


def test_a_member_whose_zone_is_away_is_left_out_of_the_new_cluster() -> None:
    gone = away("1-0")
    assert "i-etcd-1-0: its agent does not answer" in "\n".join(map(str, restore_plan(gone, WANTED).refusals))
    agents = FakeAgents(
        gone, {("status", f"i-etcd-{name}"): status(name, 3, members=["0-0", "2-0"]) for name in gone.members}
    )
    plan = restore_plan(gone, replace(WANTED, without=("1-0",)))
    assert restored(agents, plan) == BUMP_REVISION + 50
    assert {instance for _, instance in agents.ran} == {"i-etcd-0-0", "i-etcd-2-0", *gone.control_plane}
    assert [one["members"] for one in agents.restores] == [["0-0", "2-0"]] * 2
    # Nor does it need an instance.
    absent = replace(gone, instances={name: id_ for name, id_ in gone.instances.items() if name != "1-0"})
    assert restore_plan(absent, replace(WANTED, without=("1-0",))).refusals == ()
    assert next_commands("s", NOW, ["i-etcd-1-0"])[0] == "aws ec2 terminate-instances --instance-ids i-etcd-1-0"


@pytest.mark.parametrize(
    ("of", "without", "said"),
    [
        (cluster(), ("1-0",), "the agent of member 1-0 answers (i-etcd-1-0); restore it with the others"),
        (away("1-0", "2-0"), ("1-0", "2-0"), "1 of 3 members are no majority"),
        (away("1-0"), ("9-0",), "there is no member 9-0; its members are 0-0, 1-0, 2-0"),
        (away("1-0", "2-0"), ("1-0",), "i-etcd-2-0: its agent does not answer"),
        (away("0-0", "1-0", "2-0", of=cluster(5)), ("0-0", "1-0", "2-0"), "leave out 2 at most"),
    ],
)
def test_a_member_that_is_there_and_a_majority_are_not_left_out(
    of: RestoreState, without: tuple[str, ...], said: str
) -> None:
    plan = restore_plan(of, replace(WANTED, without=without))
    assert said in "\n".join(str(one) for one in plan.refusals)


def test_force_gives_up_a_quorum_and_nothing_else() -> None:
    forced = replace(WANTED, force=True)
    assert restore_plan(well(cluster()), forced).refusals == ()
    assert restore_plan(replace(well(cluster()), reachable=frozenset()), forced).refusals != ()


@pytest.mark.parametrize(
    "other", [{"revision": 7, "hash": "abc"}, {"revision": BUMP_REVISION + 50, "hash": "xyz"}, {"revision": 7}, {}]
)
def test_members_that_restored_different_things_are_not_started(other: Mapping[str, Any]) -> None:
    agents = FakeAgents(cluster(), {("restore", "i-etcd-1-0"): other})
    with pytest.raises(OperationError, match="different data"):
        restored(agents)
    assert stages(agents) == ["stop-api-server", "stop-etcd", "restore"]


@pytest.mark.parametrize(
    "bad",
    [
        status("1-0", 3, healthy=False, reason="no leader"),
        status("1-0", 3, revision=50),
        status("1-0", 3, learner=True),
        status("1-0", 3, members=["0-0", "1-0"]),
    ],
)
def test_api_servers_stay_stopped_until_every_member_has_what_was_restored(bad: Mapping[str, Any]) -> None:
    agents = FakeAgents(cluster(), {("status", "i-etcd-1-0"): bad})
    with pytest.raises(OperationError, match="API servers stay stopped"):
        restored(agents)
    assert "start-api-server" not in stages(agents)


@given(
    st.sampled_from((3, 5, 7)),
    st.integers(1, 4),
    st.sampled_from(("stop-api-server", "stop-etcd", "restore", "start-etcd", "start-api-server")),
    st.integers(0, 6),
)
def test_wherever_a_command_fails_nothing_after_it_is_begun(
    members: int, servers: int, command: str, place: int
) -> None:
    of = cluster(members, servers)
    where = [act.instance for act in restore_plan(of, WANTED).steps if act.command == command]
    failing = where[place % len(where)]
    agents = FakeAgents(of, {(command, failing): 1})
    with pytest.raises(OperationError, match=f"{failing}: `agent {command}` ended with 1: it cannot"):
        restored(agents)
    assert agents.ran[-1] == (command, failing)
    planned = [(act.command, act.instance) for act in restore_plan(of, WANTED).steps]
    assert agents.ran == planned[: len(agents.ran)]


@given(st.sampled_from((3, 5, 7)), st.integers(1, 4))
def test_no_member_is_restored_before_all_writers_and_members_are_stopped(members: int, servers: int) -> None:
    of = cluster(members, servers)
    commands = [act.command for act in restore_plan(of, WANTED).steps]
    assert commands.count("restore") == commands.count("stop-etcd") == commands.count("start-etcd") == members
    assert commands.count("stop-api-server") == commands.count("start-api-server") == servers
    order = ["stop-api-server", "stop-etcd", "restore", "start-etcd", "start-api-server"]
    assert commands == sorted(commands, key=order.index)


def test_afterwards_all_nodes_are_replaced() -> None:
    found = next_commands("production", NOW)
    assert "tripod roll production --only control-plane --launched-before 2026-11-20T12:00:00Z --yes" in found
    assert "tripod roll production --only workers --launched-before 2026-11-20T12:00:00Z --yes" in found
