"""A worker that is to go: it hears of it, empties itself, and says when it is done."""

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
"""Between two looks: at what EC2 says, and at the pods that are still there."""

HEARTBEAT_SECONDS = 60
"""How often its group is told that it still drains. The group's patience (LEAVE_SECONDS) is a multiple of it."""

DRAIN_SECONDS = 900
"""After this long it goes, whatever is left: a budget that forbids every eviction must not keep it for ever."""

HOOK = "leave"
"""The name of the groups' lifecycle hook."""

_HURRIED = RetryPolicy(seconds=20)
"""A call that fails is made again at the next heartbeat; it must not keep the pods waiting."""


@dataclass(frozen=True)
class TerminationNotice:
    """Why a node has to go.

    Attributes:
        reason: for people.
        is_hooked: whether its group waits to be told that it is done.
    """

    reason: str
    is_hooked: bool


def going(state: str | None, interruption: str | None) -> TerminationNotice | None:
    """Whether a node has to go.

    Args:
        state: the state that its group wants it to reach, as the metadata service says it.
        interruption: the notice that EC2 takes its spot capacity back; None where there is none.
    """
    if (state or "").strip() == "Terminated":
        return TerminationNotice("its group ends it", is_hooked=True)
    if interruption is not None:
        return TerminationNotice("EC2 takes its spot capacity back in two minutes", is_hooked=False)
    return None


@dataclass(frozen=True)
class Clock:
    """How time passes.

    Attributes:
        sleep: what waits.
        now: a clock that only goes forward, in seconds.
    """

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def leave_when_told(agent: Agent, clock: Clock | None = None) -> str:
    """Wait until the node has to go, empty it, and tell its group.

    Raises:
        AgentError: the metadata service does not say who this is.
    """
    ticking = clock or Clock()
    hurried = agent.with_retry_policy(_HURRIED)
    reason = _hear(agent, ticking)
    agent.log(f"this node goes: {reason.reason}")
    group = _Group(hurried)
    left = _empty(hurried, group if reason.is_hooked else None, ticking)
    # The group may end it for another reason while spot capacity was being taken back.
    if reason.is_hooked:
        group.tell("complete_lifecycle_action", LifecycleActionResult="CONTINUE")
    # It ends here, and systemd starts it again: what EC2 said stays true, and there is nothing left to do then.
    return "the node is empty" if not left else f"the node goes with {'; '.join(left)}"


def _hear(agent: Agent, clock: Clock) -> TerminationNotice:
    told = ""
    while True:
        try:
            found = going(
                agent.metadata.find("meta-data/autoscaling/target-lifecycle-state"),
                agent.metadata.find("meta-data/spot/instance-action"),
            )
            if found is not None:
                return found
            told = ""
        except RetryableError as error:
            if str(error) != told:
                agent.log(f"{error}; asking again")
                told = str(error)
        clock.sleep(SECONDS)


def _empty(agent: Agent, group: "_Group | None", clock: Clock) -> list[str]:
    """Empty the node, with heartbeats to the group that waits. Returns what is left at the end of its time."""
    kubectl, node = Kubectl(agent.host, KUBELET), agent.identity().instance
    end = clock.now() + DRAIN_SECONDS
    beat, told, left = clock.now(), "", [""]
    while True:
        if group is not None and clock.now() >= beat:
            group.tell("record_lifecycle_action_heartbeat")
            beat = clock.now() + HEARTBEAT_SECONDS
        try:
            cordon(kubectl, node)
            left = drain_once(kubectl, node)
        except (AgentError, RetryableError) as error:
            left = [str(error)]
        if not left or clock.now() >= end:
            return left
        if (line := "; ".join(left)) != told:
            agent.log(f"{len(left)} left: {line}")
            told = line
        clock.sleep(SECONDS)


@dataclass
class _Group:
    """The node's group, by its own name for it: no document has it, since a zone that is added would change them all.

    Attributes:
        agent: the node's agent.
        name: the group's name, once it is known.
    """

    agent: Agent
    name: str = field(default="", init=False)

    def tell(self, operation: str, **arguments: str) -> None:
        """Tell the group something; that this fails is told, and changes nothing."""
        instance = self.agent.identity().instance
        try:
            self.name = self.name or self._found(instance)
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

    def _found(self, instance: str) -> str:
        """The group that has an instance; empty where none has."""
        answer = self.agent.aws.call("autoscaling", "describe_auto_scaling_instances", InstanceIds=[instance])
        return next((one["AutoScalingGroupName"] for one in answer["AutoScalingInstances"]), "")
