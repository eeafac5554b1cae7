"""Carrying a roll out on a simulated cluster: never two instances away, and stops where it should."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.clock import Clock
from support.operations.fleets import NEW, START, changed, fleet
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.fleet import Fleet, Node
from tripod.operations.roll.plan import RollOptions
from tripod.operations.roll.run import Roller

EVERYTHING = ("etcd", "control-plane", "workers")


@dataclass
class Simulated:
    """A cluster whose groups replace what is terminated, some looks later.

    Attributes:
        now: how it is.
        looks: how many looks each of the three states of a replacement lasts.
        spoil: how a replacement comes out, where it comes out otherwise than well.
    """

    now: Fleet
    looks: int = 2
    spoil: Callable[[Node], Node] = lambda node: node
    terminated: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])
    clock: Clock = field(default_factory=Clock)
    _under_way: list[tuple[int, Fleet]] = field(default_factory=list[tuple[int, Fleet]])

    def observe(self) -> Fleet:
        if self._under_way:
            left, next_ = self._under_way[0]
            if left:
                self._under_way[0] = (left - 1, next_)
            else:
                self._under_way.pop(0)
                self.now = next_
        return self.now

    def terminate(self, instance: str) -> None:
        away = [node.instance for node in self.now.nodes if node.unhealthy or not node.in_service]
        assert away == [], f"{away} were not well when {instance} was terminated"
        assert not self._under_way
        self.terminated.append(instance)
        old = next(node for node in self.now.nodes if node.instance == instance)
        self.now = changed(self.now, instance, state="Terminating:Wait")
        born = replace(
            old,
            instance=f"{instance}-new",
            template=self.now.group(old.group).template,
            launched=old.launched + timedelta(days=1),
        )
        others = tuple(node for node in self.now.nodes if node.instance != instance)
        leader = self.now.leader
        if self.now.group(old.group).member == leader:
            leader = next(member for member in self.now.members if member != leader)

        def with_(node: Node | None) -> Fleet:
            return replace(self.now, nodes=(*others, node) if node else others, leader=leader)

        states = [
            with_(None),
            with_(replace(born, state="Pending")),
            with_(replace(born, unhealthy="it has not registered")),
        ]
        self._under_way = [(self.looks, state) for state in (*states, with_(self.spoil(born)))]

    def roll(self, choice: RollOptions | None = None, seconds: float = 600) -> list[str]:
        roller = Roller(self.observe, self.terminate, self.clock.patience(seconds), self.lines.append)
        return [step.node.instance for step in roller.roll(choice or RollOptions())]


def test_a_roll_replaces_everything_in_order_and_ends_with_nothing_to_do() -> None:
    cluster = Simulated(fleet(stale=EVERYTHING, leader="1-0"))
    assert cluster.roll() == cluster.terminated
    assert len(cluster.terminated) == 10
    assert cluster.terminated[2] == "i-etcd-1-0-0"
    assert cluster.roll() == []
    assert all(node.template == NEW for node in cluster.now.nodes)


def test_waits_grow_and_have_an_end() -> None:
    cluster = Simulated(fleet(stale=["etcd-1-0"]), spoil=lambda node: replace(node, unhealthy="it is a learner still"))
    with pytest.raises(OperationError, match="it is a learner still"):
        cluster.roll(seconds=600)
    assert 300 < cluster.clock.time < 700
    assert max(cluster.clock.waits) <= 30
    assert cluster.terminated == ["i-etcd-1-0-0"]


def test_a_roll_stops_at_the_first_failure_says_what_to_do_and_goes_on_from_there() -> None:
    cluster = Simulated(fleet(stale=["etcd"]), spoil=lambda node: replace(node, unhealthy="its volume is not there"))
    with pytest.raises(OperationError) as told:
        cluster.roll(RollOptions("etcd"))
    for part in (
        "its volume is not there",
        "2 more were to be replaced",
        "`tripod roll STACK --yes --only etcd` goes on",
    ):
        assert part in str(told.value)
    mended = changed(cluster.now, "i-etcd-1-0-0-new", unhealthy="")
    after = Simulated(mended)
    assert after.roll() == ["i-etcd-2-0-0", "i-etcd-0-0-0"]


def test_a_roll_that_was_interrupted_waits_for_what_is_under_way() -> None:
    cluster = Simulated(fleet(stale=["control-plane"]), looks=4)
    cluster.terminate("i-control-plane-0-0")
    cluster.terminated.clear()
    # Another process begins; the first one's termination is under way.
    assert cluster.roll() == ["i-control-plane-1-0", "i-control-plane-2-0"]
    assert any("Terminating:Wait" in line for line in cluster.lines)


def test_a_roll_that_is_refused_terminates_nothing() -> None:
    cluster = Simulated(changed(fleet(stale=EVERYTHING), "i-etcd-0-0-0", unhealthy="no quorum"))
    with pytest.raises(RefusedError, match="no quorum"):
        cluster.roll()
    assert (cluster.terminated, cluster.clock.waits) == ([], [])


def test_something_that_falls_ill_meanwhile_stops_the_roll() -> None:
    cluster = Simulated(fleet(stale=["workers"]))
    roller_saw: list[int] = []

    def observe() -> Fleet:
        roller_saw.append(1)
        found = cluster.observe()
        return changed(found, "i-workers-b-0", unhealthy="not ready") if len(cluster.terminated) == 2 else found

    roller = Roller(observe, cluster.terminate, cluster.clock.patience(300), cluster.lines.append)
    with pytest.raises(OperationError, match=r"i-workers-b-0: not ready.*stopped there") as told:
        roller.roll(RollOptions())
    assert cluster.terminated == ["i-workers-a-0", "i-workers-a-1"]
    assert "2 more were to be replaced" in str(told.value)


def test_a_group_that_launches_what_is_stale_is_not_rolled_for_ever() -> None:
    cluster = Simulated(fleet(stale=["workers-a"]), spoil=lambda node: replace(node, template="lt-1 1"))
    with pytest.raises(OperationError, match="does not launch what it says"):
        cluster.roll()
    assert cluster.terminated == ["i-workers-a-0", "i-workers-a-1"]


def test_silence_while_a_node_is_replaced_is_waited_out() -> None:
    cluster = Simulated(fleet(stale=["control-plane-0"]))
    silent = iter([False, True, True])

    def observe() -> Fleet:
        if next(silent, False):
            raise OperationError("nobody answers")
        return cluster.observe()

    Roller(observe, cluster.terminate, cluster.clock.patience(), cluster.lines.append).roll(RollOptions())
    assert cluster.terminated == ["i-control-plane-0-0"]
    assert any("nobody answers" in line for line in cluster.lines)


def test_all_replaces_each_instance_once() -> None:
    cluster = Simulated(fleet())
    moment = START + timedelta(hours=1)
    assert len(cluster.roll(RollOptions(launched_before=moment))) == 10
    assert cluster.roll(RollOptions(launched_before=moment)) == []


@given(
    st.integers(3, 7),
    st.integers(1, 4),
    st.lists(st.sampled_from((*EVERYTHING, "etcd-0-0", "control-plane-0", "workers-b")), max_size=4),
    st.integers(0, 3),
)
def test_whatever_is_stale_never_are_two_away_and_all_is_new_in_the_end(
    members: int, control_plane: int, stale: list[str], looks: int
) -> None:
    cluster = Simulated(fleet(members, control_plane, stale=stale), looks)
    cluster.roll(seconds=3600)
    assert all(node.template == NEW for node in cluster.now.nodes)
    assert len(cluster.now.nodes) == members + control_plane + 4
