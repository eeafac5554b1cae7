"""Health as the load balancer and the agents tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from support.operations.answering_agents import AnsweringAgents
from support.operations.fleets import changed, fleet
from tripod.operations.fleet import Fleet
from tripod.operations.inventory import ClusterInventory
from tripod.operations.observe import ClusterHealth, member_views, registered_nodes
from tripod.operations.remote import RemoteError

READY = {"ready": True, "kubelet": "v1.36.4"}


@dataclass
class FakeApi(AnsweringAgents):
    """Control-plane nodes that know nodes, and a load balancer that checks their health.

    Attributes:
        nodes: instance → its node.
        silent: instances whose agents do not answer.
        targets: control-plane node → its state, where it is not healthy; None where it is not registered.
    """

    nodes: dict[str, Any]
    silent: frozenset[str] = frozenset()
    targets: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def answer(self, instance: str, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        wanted = arguments.get("instances", [])
        self.asked.append((instance, len(wanted)))
        if instance in self.silent:
            raise RemoteError(f"{instance} does not answer SSM")
        return {"nodes": {one: self.nodes[one] for one in wanted if one in self.nodes}}

    def scaling_groups_of(self, _: str) -> list[dict[str, Any]]:
        return [{"TargetGroupARNs": ["arn:aws:elasticloadbalancing:r:1:targetgroup/api/0"]}]

    def client(self, _: str) -> "FakeApi":
        return self

    def describe_target_health(self, **_: Any) -> dict[str, Any]:
        states = {f"i-control-plane-{index}-0": "healthy" for index in range(3)} | dict(self.targets)
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": instance}, "TargetHealth": {"State": state}}
                for instance, state in states.items()
                if state is not None
            ]
        }

    def unhealthy(self, of: Fleet) -> Mapping[str, str]:
        return ClusterHealth(lambda: cast("ClusterInventory", self), self).unhealthy(of)


def everybody(of: Fleet) -> dict[str, Any]:
    return {node.instance: READY for node in of.nodes if not node.group.startswith("etcd")}


def test_nobody_is_ill_where_all_are_ready_and_healthy() -> None:
    assert FakeApi(everybody(fleet())).unhealthy(fleet()) == {}


def test_a_node_that_has_not_registered_or_is_not_ready_is_ill() -> None:
    nodes = everybody(fleet())
    del nodes["i-workers-a-0"]
    nodes["i-workers-b-1"] = {**READY, "ready": False}
    assert FakeApi(nodes).unhealthy(fleet()) == {
        "i-workers-a-0": "it has not registered as a node",
        "i-workers-b-1": "its node is not ready",
    }


def test_before_there_is_a_cni_nobody_is_ready_and_that_is_no_reason() -> None:
    nodes = {instance: {**READY, "ready": False} for instance in everybody(fleet())}
    assert FakeApi(nodes).unhealthy(fleet()) == {}


@pytest.mark.parametrize(
    ("state", "said"), [("unhealthy", "unhealthy"), ("draining", "draining"), (None, "not registered")]
)
def test_a_server_that_gets_no_traffic_is_ill(state: str | None, said: str) -> None:
    api = FakeApi(everybody(fleet()), targets={"i-control-plane-1-0": state})
    assert api.unhealthy(fleet()) == {"i-control-plane-1-0": f"target group api: {said}"}


def test_who_is_not_in_service_is_not_asked_about() -> None:
    of = changed(fleet(), "i-control-plane-0-0", state="Pending")
    api = FakeApi(everybody(fleet()))
    api.unhealthy(of)
    assert api.asked == [("i-control-plane-1-0", 6)]


def test_a_silent_server_is_passed_over_and_all_silent_is_an_error() -> None:
    servers = ["i-control-plane-0-0", "i-control-plane-1-0"]
    api = FakeApi(everybody(fleet()), silent=frozenset(servers[:1]))
    assert registered_nodes(api, servers, ["i-workers-a-0"]) == {"i-workers-a-0": READY}
    api.silent = frozenset(servers)
    with pytest.raises(RemoteError, match=r"i-control-plane-0-0 does not answer SSM; i-control-plane-1-0"):
        registered_nodes(api, servers, ["i-workers-a-0"])


def test_many_nodes_are_asked_for_in_answers_that_fit_into_what_ssm_returns() -> None:
    names = [f"i-{index:017x}" for index in range(450)]
    api = FakeApi(dict.fromkeys(names, READY))
    assert registered_nodes(api, ["i-1"], names).keys() == set(names)
    assert [count for _, count in api.asked] == [200, 200, 50]
    assert len(api.run("i-1", "nodes", {"instances": names[:200]}).output) < 20_000


def test_a_silent_member_is_told_with_its_reason() -> None:
    api = FakeApi({}, silent=frozenset({"i-2"}))
    assert member_views(api, {"0-0": "i-2"}) == [("0-0", "i-2 does not answer SSM")]
