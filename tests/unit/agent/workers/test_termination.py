from pathlib import Path
from typing import Any

import pytest

from support.agent.instance import failed
from support.agent.kubernetes_api import UNREACHABLE, eviction_path, pod, refused
from support.agent.kubernetes_nodes import GROUP
from support.agent.leaving_worker import Worker
from tripod.bootstrap.agent.workers.termination import (
    DRAIN_SECONDS,
    HEARTBEAT_SECONDS,
    TerminationNotice,
    termination_notice,
)
from tripod.workers.group import DRAIN_HEARTBEAT_SECONDS

SPOT = "meta-data/spot/instance-action"


@pytest.mark.parametrize(
    ("state", "interruption", "found"),
    [
        (None, None, None),
        ("InService", None, None),
        ("Terminated\n", None, TerminationNotice("its group ends it", has_hook=True)),
        ("Terminated", "{}", TerminationNotice("its group ends it", has_hook=True)),
        (
            "InService",
            '{"action": "terminate"}',
            TerminationNotice("EC2 takes its spot capacity back in two minutes", False),
        ),
    ],
)
def test_a_node_goes_when_its_group_or_ec2_says_so(state: str | None, interruption: str | None, found: Any) -> None:
    assert termination_notice(state, interruption) == found


class Autoscaling:
    """What the node says to its group. The emulator knows how to find one, and not how to speak to it."""

    def __init__(self, node: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        call = type(node.standing.cloud).call

        def answer(cloud: Any, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
            if service != "autoscaling":
                return call(cloud, service, operation, **arguments)
            if operation == "describe_auto_scaling_instances":
                assert arguments == {"InstanceIds": ["i-0123456789abcdef0"]}
                return {"AutoScalingInstances": [{"AutoScalingGroupName": GROUP}]}
            self.said.append((operation, arguments))
            return {}

        monkeypatch.setattr(type(node.standing.cloud), "call", answer)


def test_a_node_that_its_group_ends_empties_itself_and_says_so(tmp_path: Path, monkeypatch: Any) -> None:
    node = Worker(tmp_path, pod("web"), pod("cilium", owner="DaemonSet"))
    group = Autoscaling(node, monkeypatch)
    node.clock.events = {60: node.end, 100: lambda: node.gone("web")}
    assert node.leave() == "the node is empty"
    assert set(node.evicted) == {"web"}
    assert node.api.posted[0] == ("node/i-0123456789abcdef0", {"spec": {"unschedulable": True}})
    who = {"AutoScalingGroupName": GROUP, "LifecycleHookName": "leave", "InstanceId": "i-0123456789abcdef0"}
    assert group.said == [
        ("record_lifecycle_action_heartbeat", who),
        ("complete_lifecycle_action", {**who, "LifecycleActionResult": "CONTINUE"}),
    ]
    assert 100 <= node.clock.time < 120


def test_while_it_drains_its_group_hears_of_it(tmp_path: Path, monkeypatch: Any) -> None:
    node = Worker(tmp_path, pod("web"))
    group = Autoscaling(node, monkeypatch)
    node.api.refusals[eviction_path("web")] = refused("TooManyRequests", "the budget")
    node.end()
    said = node.leave()
    # Nothing keeps it for ever: not even a budget that forbids every eviction.
    assert said == "the node goes with team/web: TooManyRequests"
    assert DRAIN_SECONDS <= node.clock.time <= DRAIN_SECONDS + 10
    beats = [operation for operation, _ in group.said if operation == "record_lifecycle_action_heartbeat"]
    assert len(beats) == DRAIN_SECONDS / HEARTBEAT_SECONDS + 1
    assert group.said[-1][0] == "complete_lifecycle_action"
    # The same trouble is told once.
    assert len([line for line in node.standing.lines if "TooManyRequests" in line]) == 1


def test_the_groups_timeout_is_longer_than_a_few_missed_heartbeats() -> None:
    assert DRAIN_HEARTBEAT_SECONDS >= 3 * HEARTBEAT_SECONDS


def test_a_node_whose_spot_capacity_is_taken_back_drains_without_a_hook(tmp_path: Path, monkeypatch: Any) -> None:
    node = Worker(tmp_path, pod("web"))
    group = Autoscaling(node, monkeypatch)
    node.standing.metadata.entries[SPOT] = '{"action": "terminate"}'
    node.clock.events = {10: lambda: node.gone("web")}
    assert node.leave() == "the node is empty"
    assert node.evicted
    assert group.said == []


def test_a_metadata_service_that_is_silent_is_asked_again(tmp_path: Path, monkeypatch: Any) -> None:
    node = Worker(tmp_path)
    Autoscaling(node, monkeypatch)
    node.end()
    node.standing.metadata.silent[0] = 4
    assert node.leave() == "the node is empty"
    assert len([line for line in node.standing.lines if "does not answer" in line]) == 1


def test_an_api_that_is_away_is_asked_again_while_heartbeats_go_on(tmp_path: Path, monkeypatch: Any) -> None:
    node = Worker(tmp_path, pod("web"))
    group = Autoscaling(node, monkeypatch)
    node.end()
    node.api.faults = [failed(UNREACHABLE)] * 30
    node.clock.events = {160: lambda: node.gone("web")}
    assert node.leave() == "the node is empty"
    assert node.evicted
    assert len([one for one, _ in group.said if one == "record_lifecycle_action_heartbeat"]) >= 3


def test_a_call_to_the_group_that_fails_is_reported_and_keeps_no_pod(tmp_path: Path, in_group: str) -> None:
    node = Worker(tmp_path, pod("web"))
    node.standing.metadata.entries["meta-data/instance-id"] = in_group
    node.end()
    node.clock.events = {1: lambda: node.gone("web")}
    for operation in ("record_lifecycle_action_heartbeat", "complete_lifecycle_action"):
        node.standing.cloud.faults[operation] = ["ThrottlingException"] * 1000
    assert node.leave() == "the node is empty"
    said = [line for line in node.standing.lines if "gave up" in line]
    assert ["record_lifecycle" in said[0], "complete_lifecycle" in said[-1]] == [True, True]
    # Each is given up soon: the pods wait meanwhile.
    assert node.clock.time < 90


def test_a_node_finds_its_group_once_and_waits_throttling_out(tmp_path: Path, in_group: str) -> None:
    node = Worker(tmp_path)
    node.standing.metadata.entries["meta-data/instance-id"] = in_group
    node.end()
    passing = ["Throttling", "ServiceUnavailable"]
    node.standing.cloud.faults["describe_auto_scaling_instances"] = list(passing)
    node.standing.cloud.faults["record_lifecycle_action_heartbeat"] = [*passing, "ValidationError"]
    node.standing.cloud.faults["complete_lifecycle_action"] = [*passing, "ValidationError"]
    assert node.leave() == "the node is empty"
    assert node.standing.cloud.calls == [
        *["describe_auto_scaling_instances"] * 3,
        *["record_lifecycle_action_heartbeat"] * 3,
        *["complete_lifecycle_action"] * 3,
    ]


def test_an_instance_that_is_in_no_group_says_so_and_goes(tmp_path: Path, account: None) -> None:
    node = Worker(tmp_path)
    node.end()
    assert node.leave() == "the node is empty"
    assert node.standing.lines[-1] == "i-0123456789abcdef0 is in no auto-scaling group: nobody waits for it"
    assert set(node.standing.cloud.calls) == {"describe_auto_scaling_instances"}
