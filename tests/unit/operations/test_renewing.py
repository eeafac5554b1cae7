"""Renewing certificates on a simulated cluster: one node at a time, and never beside one that is ill."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from support.agent.clock import Clock
from support.operations.answering_agents import AnsweringAgents
from support.operations.fleets import changed, fleet
from tripod.bootstrap.agent.control_plane import role as control_plane
from tripod.bootstrap.agent.etcd import role as etcd
from tripod.bootstrap.agent.workers import role as workers
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.fleet import Fleet
from tripod.operations.remote import CommandResult
from tripod.operations.rotate.certificates import PUBLISH_TOKEN, RENEW_NOW, Renewer, renewal_plan


@dataclass
class Simulated(AnsweringAgents):
    """A cluster whose nodes restart what uses a certificate: each is ill for some looks after its renewal.

    Attributes:
        now: how it is.
        stuck: the instance that does not become well.
        failing: the instance whose agent fails.
    """

    now: Fleet
    stuck: str = ""
    failing: str = ""
    looks: int = 2
    asked: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])
    clock: Clock = field(default_factory=Clock)
    _ill: int = 0

    def observe(self) -> Fleet:
        if self._ill == 0:
            return self.now
        if self.asked[-1] != self.stuck:
            self._ill -= 1
        return changed(self.now, self.asked[-1], unhealthy="its API server restarts")

    def answer(
        self,
        instance: str,
        command: str,
        arguments: Mapping[str, Any],  # noqa: ARG002
    ) -> Mapping[str, Any] | CommandResult:
        assert command == RENEW_NOW
        assert self._ill == 0, f"{self.asked[-1]} was not well when {instance} was renewed"
        if instance == self.failing:
            return CommandResult(1, "", "tripod: no other API server serves")
        self.asked.append(instance)
        self._ill = self.looks
        return {"said": "renewed 7 certificates"}

    def renew(self) -> list[str]:
        return Renewer(self.observe, self, self.clock.patience(300), self.lines.append).renew()


def test_every_role_has_the_command_that_is_asked_for() -> None:
    assert all(RENEW_NOW in role.COMMANDS for role in (etcd, control_plane, workers))
    assert PUBLISH_TOKEN in control_plane.COMMANDS


def test_all_are_renewed_one_after_another_the_leader_last_of_the_members() -> None:
    cluster = Simulated(fleet(leader="1-0"))
    assert cluster.renew() == cluster.asked
    assert cluster.asked[:3] == ["i-etcd-0-0-0", "i-etcd-2-0-0", "i-etcd-1-0-0"]
    roles = [cluster.now.role(node) for name in cluster.asked for node in cluster.now.nodes if node.instance == name]
    assert roles == ["etcd"] * 3 + ["control-plane"] * 3 + ["workers"] * 4
    assert cluster.lines[-1] == "10 of 10: workers-b i-workers-b-1: renewed 7 certificates"


def test_a_node_that_does_not_become_well_stops_it() -> None:
    cluster = Simulated(fleet(), stuck="i-control-plane-0-0")
    with pytest.raises(OperationError, match="its API server restarts") as told:
        cluster.renew()
    assert cluster.asked[-1] == "i-control-plane-0-0"
    assert "6 more were to follow" in str(told.value)


def test_a_node_that_fails_stops_it_and_says_why() -> None:
    cluster = Simulated(fleet(), failing="i-etcd-2-0-0")
    with pytest.raises(OperationError, match="no other API server serves") as told:
        cluster.renew()
    assert cluster.asked == ["i-etcd-1-0-0"]
    assert "stopped there" in str(told.value)


def test_it_is_not_begun_where_anything_is_ill() -> None:
    cluster = Simulated(changed(fleet(), "i-workers-a-0", unhealthy="its node is not ready"))
    with pytest.raises(RefusedError, match="not ready"):
        cluster.renew()
    assert cluster.asked == []


def test_what_goes_already_is_left_out() -> None:
    going = changed(fleet(), "i-workers-a-0", state="Terminating:Wait")
    assert "i-workers-a-0" not in {node.instance for node in renewal_plan(going).nodes}
