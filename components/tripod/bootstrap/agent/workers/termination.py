"""Termination of a worker: it polls for the notice, drains itself, and completes the lifecycle hook."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..aws.client import MissingError
from ..core.errors import AgentError, RetryableError
from ..core.retry import RetryPolicy
from ..instance.context import Agent
from ..node.drain import cordon, drain_once
from ..node.kubectl import Kubectl
from ..node.paths import KUBELET

SECONDS = 5
"""Seconds between two polls: of the metadata service, and of the remaining pods."""

HEARTBEAT_SECONDS = 60
"""Seconds between heartbeats to its group. The hook's timeout (LEAVE_SECONDS) is a multiple of it."""

DRAIN_SECONDS = 900
"""The limit of a drain, in seconds: a disruption budget that forbids every eviction must not block it for ever."""

HOOK = "leave"
"""The name of the groups' lifecycle hook."""

_CALL_POLICY = RetryPolicy(seconds=20)
"""A failed call is repeated at the next heartbeat; it must not delay the drain."""


@dataclass(frozen=True)
class TerminationNotice:
    """Termination notice of a node.

    Attributes:
        reason: for people.
        has_hook: True if its group waits for the lifecycle action.
    """

    reason: str
    has_hook: bool


def termination_notice(state: str | None, interruption: str | None) -> TerminationNotice | None:
    """Read a termination notice; None if the node stays.

    Args:
        state: the target lifecycle state of its group, from the metadata service.
        interruption: the spot interruption notice; None if there is none.
    """
    if (state or "").strip() == "Terminated":
        return TerminationNotice("its group ends it", has_hook=True)
    if interruption is not None:
        return TerminationNotice("EC2 takes its spot capacity back in two minutes", has_hook=False)
    return None


@dataclass(frozen=True)
class Clock:
    """Clock of the polls.

    Attributes:
        sleep: waits some seconds.
        now: a monotonic clock, in seconds.
    """

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def drain_on_termination(agent: Agent, clock: Clock | None = None) -> str:
    """Wait for a termination notice, drain the node, and complete the lifecycle action.

    Raises:
        AgentError: the metadata service does not return the instance's identity.
    """
    ticking = clock or Clock()
    hurried = agent.with_retry_policy(_CALL_POLICY)
    notice = _await_notice(agent, ticking)
    agent.log(f"this node goes: {notice.reason}")
    group = _Group(hurried)
    left = _drain(hurried, group if notice.has_hook else None, ticking)
    # The group may end it for another reason while spot capacity was being taken back.
    if notice.has_hook:
        group.call("complete_lifecycle_action", LifecycleActionResult="CONTINUE")
    # It ends here, and systemd starts it again: the notice stays, and the node is empty by then.
    return "the node is empty" if not left else f"the node goes with {'; '.join(left)}"


def _await_notice(agent: Agent, clock: Clock) -> TerminationNotice:
    logged = ""
    while True:
        try:
            found = termination_notice(
                agent.metadata.find("meta-data/autoscaling/target-lifecycle-state"),
                agent.metadata.find("meta-data/spot/instance-action"),
            )
            if found is not None:
                return found
            logged = ""
        except RetryableError as error:
            if str(error) != logged:
                agent.log(f"{error}; asking again")
                logged = str(error)
        clock.sleep(SECONDS)


def _drain(agent: Agent, group: "_Group | None", clock: Clock) -> list[str]:
    """Drain the node, with heartbeats to a group that waits. Returns the pods left at the time limit."""
    kubectl, node = Kubectl(agent.host, KUBELET), agent.identity().instance
    end = clock.now() + DRAIN_SECONDS
    beat, logged, left = clock.now(), "", [""]
    while True:
        if group is not None and clock.now() >= beat:
            group.call("record_lifecycle_action_heartbeat")
            beat = clock.now() + HEARTBEAT_SECONDS
        try:
            cordon(kubectl, node)
            left = drain_once(kubectl, node)
        except (AgentError, RetryableError) as error:
            left = [str(error)]
        if not left or clock.now() >= end:
            return left
        if (line := "; ".join(left)) != logged:
            agent.log(f"{len(left)} left: {line}")
            logged = line
        clock.sleep(SECONDS)


@dataclass
class _Group:
    """The node's auto-scaling group, found through the API: in a document, its name would change with added zones.

    Attributes:
        agent: the node's agent.
        name: the group's name, once it is known.
    """

    agent: Agent
    name: str = field(default="", init=False)

    def call(self, operation: str, **arguments: str) -> None:
        """Call a lifecycle operation; a failure is only logged."""
        instance = self.agent.identity().instance
        try:
            self.name = self.name or self._find_name(instance)
            if not self.name:
                self.agent.log(f"{instance} is in no auto-scaling group: nobody waits for it")
                return
            self.agent.aws.call(
                "autoscaling",
                operation,
                AutoScalingGroupName=self.name,
                LifecycleHookName=HOOK,
                InstanceId=instance,
                **arguments,
            )
        except (AgentError, MissingError) as error:
            self.agent.log(f"autoscaling:{operation}: {error}")

    def _find_name(self, instance: str) -> str:
        """Name of an instance's group; empty if it has none."""
        answer = self.agent.aws.call("autoscaling", "describe_auto_scaling_instances", InstanceIds=[instance])
        return next((one["AutoScalingGroupName"] for one in answer["AutoScalingInstances"]), "")
