"""Members that die, lose volumes, come back and grow in number, each deciding by itself.

What is assumed: a volume is not lost in the seconds between the first majority and the note that there was one.
"""

from dataclasses import dataclass
from itertools import count

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tripod.bootstrap.agent.etcd.membership import Entry, Facts, Form, Join, Replace, Start, View, decide
from tripod.bootstrap.agent.etcd.urls import client_url, peer_url
from tripod.bootstrap.agent.host.filesystem import Content, Disk

NAMES = ("0-0", "1-0", "2-0", "0-1", "1-1")
FIVE = {name: f"10.0.{number}.16" for number, name in enumerate(NAMES)}
names = st.sampled_from(NAMES)


@dataclass
class Volume:
    """A member's data: as whom it was written, and the last write in it."""

    id: int
    last: int


@dataclass
class Listed:
    """A member in the cluster's own list."""

    id: int
    name: str
    learner: bool = False
    started: bool = False

    def entry(self) -> Entry:
        clients = (client_url(FIVE[self.name]),) if self.started else ()
        return Entry(self.id, self.name if self.started else "", (peer_url(FIVE[self.name]),), clients, self.learner)


class Members(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ids = count(1)
        self.topology = {name: FIVE[name] for name in NAMES[:3]}
        self.listed: dict[str, Listed] = {}
        self.volumes: dict[str, Volume | None] = dict.fromkeys(NAMES)
        self.running: set[str] = set()
        self.initialised = False
        self.formed = 0
        self.acknowledged = 0

    # What the cluster is

    def voters(self) -> list[Listed]:
        return [one for one in self.listed.values() if not one.learner]

    def able(self, one: Listed) -> bool:
        volume = self.volumes[one.name]
        return volume is not None and volume.id == one.id

    def agreeing(self) -> list[Listed]:
        return [one for one in self.voters() if one.name in self.running and self.able(one)]

    def majority(self) -> int:
        return len(self.voters()) // 2 + 1

    def quorum(self) -> bool:
        return bool(self.voters()) and len(self.agreeing()) >= self.majority()

    def view(self, member: str) -> View | None:
        answering = [name for name in self.running - {member} if name in self.listed and self.listed[name].started]
        if not answering:
            return None
        return View(self.quorum(), [one.entry() for one in self.listed.values()])

    # What happens

    @rule(name=names, reached=st.booleans())
    def boot(self, name: str, reached: bool) -> None:
        if name in self.running or name not in self.topology:
            return
        volume = self.volumes[name]
        disk = Disk(Content.BLANK if volume is None else Content.DATA)
        view = self.view(name) if reached or not self.initialised else None
        match decide(Facts(name, FIVE[name], self.topology, disk, self.initialised, view)):
            case Form():
                assert not self.initialised
                if not self.listed:
                    self.formed += 1
                    self.listed = {member: Listed(next(self.ids), member) for member in self.topology}
                self.volumes[name] = Volume(self.listed[name].id, 0)
                self.running.add(name)
            case Start():
                self.running.add(name)
            case Replace() | Join() as decision:
                assert self.quorum()
                if isinstance(decision, Replace):
                    assert self.listed.pop(name).id == decision.old
                assert not [one for one in self.listed.values() if one.learner]
                assert self.quorum(), "the removal has cost the majority"
                self.listed[name] = Listed(next(self.ids), name, learner=True)
                # It begins without data, and learns at some later time.
                self.volumes[name] = Volume(self.listed[name].id, 0)
                self.running.add(name)
            case _:
                pass
        self.settle()

    @rule(name=names)
    def learn(self, name: str) -> None:
        """A learner that runs catches up, and gets its vote."""
        listed, volume = self.listed.get(name), self.volumes[name]
        if listed and listed.learner and name in self.running and volume and self.quorum():
            volume.last = self.acknowledged
            listed.learner, listed.started = False, True

    @rule(names=st.permutations(NAMES))
    def write(self, names: list[str]) -> None:
        """A write is acknowledged when a majority has it, and no more members than that."""
        if self.quorum():
            agreeing = sorted(self.agreeing(), key=lambda one: names.index(one.name))
            # The leader is one that lacks nothing.
            agreeing.sort(key=lambda one: -self.volume(one.name).last)
            self.acknowledged += 1
            for one in agreeing[: self.majority()]:
                self.volume(one.name).last = self.acknowledged

    @rule(name=names)
    def die(self, name: str) -> None:
        self.running.discard(name)

    @precondition(lambda self: self.initialised)
    @rule(name=names)
    def lose_volume(self, name: str) -> None:
        """Of one member at a time: a majority of volumes lost is what snapshots are for."""
        held = [one for one in self.voters() if self.able(one) and self.volume(one.name).last == self.acknowledged]
        others = [one for one in self.voters() if self.able(one) and one.name != name]
        if len(others) >= self.majority() and [one for one in held if one.name != name]:
            self.running.discard(name)
            self.volumes[name] = None

    @precondition(lambda self: self.initialised)
    @rule()
    def grow(self) -> None:
        self.topology = dict(FIVE)

    def volume(self, name: str) -> Volume:
        volume = self.volumes[name]
        assert volume is not None
        return volume

    def settle(self) -> None:
        if self.quorum():
            self.initialised = True
            for one in self.agreeing():
                one.started = True

    # What must hold

    @invariant()
    def there_is_one_cluster(self) -> None:
        assert self.formed <= 1

    @invariant()
    def every_majority_that_can_agree_has_what_was_acknowledged(self) -> None:
        without = [one for one in self.voters() if self.able(one) and self.volume(one.name).last < self.acknowledged]
        assert not self.acknowledged or len(without) < self.majority()


Members.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestMembers = Members.TestCase
