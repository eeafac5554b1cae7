"""Run of a roll: one instance is terminated, its replacement must be healthy, then the next."""

from collections.abc import Callable
from dataclasses import dataclass

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.fleet import Fleet, health_refusals
from tripod.operations.roll.plan import RollOptions, RollPlan, RollStep, roll_plan
from tripod.operations.waiting import Log, NotYetError, await_result, retry_transient

Observe = Callable[[], Fleet]
"""Observes the cluster anew."""


@dataclass(frozen=True)
class Roller:
    """Carries a roll out.

    Attributes:
        observe: observes the cluster.
        terminate: has an instance replaced by its group.
        retry_policy: limits of the wait for a replacement.
        log: takes lines of progress.
    """

    observe: Observe
    terminate: Callable[[str], None]
    retry_policy: RetryPolicy
    log: Log

    def roll(self, options: RollOptions) -> list[RollStep]:
        """Replace one instance after another, and return what was done.

        Raises:
            RefusedError: it may not be begun; nothing was changed.
            OperationError: it stopped before its end; the message has the remedy.
        """
        plan = self._next(options)
        # A replacement that would itself be replaced at once would go on for ever.
        begun_with = {step.node.instance for step in plan.steps}
        done: list[RollStep] = []
        while plan.steps:
            step, left = plan.steps[0], len(plan.steps) - 1
            if step.node.instance not in begun_with:
                raise OperationError(_not_planned(step))
            self.log(f"{len(done) + 1} of {len(begun_with)}: {_called(step)}: terminating: {step.why}")
            self.terminate(step.node.instance)
            self._await_replacement(step, options, left)
            done.append(step)
            try:
                plan = self._next(options)
            except RefusedError as refused:
                raise OperationError(_stopped(str(refused), step, options, left)) from refused
        return done

    def _next(self, options: RollOptions) -> RollPlan:
        """The plan. An instance that comes or goes is waited for: an interrupted roll leaves one.

        Raises:
            RefusedError: it may not be carried out.
            OperationError: the cluster did not settle.
        """
        plan = roll_plan(self.observe(), options)
        if not plan.refusals:
            return plan
        refuse_unless_passing(plan)
        return await_result(
            "a settled cluster", retry_transient(lambda: self._settled(options)), self.retry_policy, self.log
        )

    def _settled(self, options: RollOptions) -> RollPlan:
        plan = roll_plan(self.observe(), options)
        if plan.refusals:
            raise NotYetError(str(plan.refusals[0]))
        return plan

    def _await_replacement(self, step: RollStep, options: RollOptions, left: int) -> None:
        """Wait until an instance is replaced by one that is well.

        Raises:
            OperationError: it was not in time.
        """

        def check() -> None:
            fleet = self.observe()
            if any(node.instance == step.node.instance for node in fleet.nodes):
                raise NotYetError(f"{step.node.instance} is still there")
            for refusal in health_refusals(fleet, {step.node.group}):
                raise NotYetError(str(refusal))

        try:
            await_result(f"the replacement of {_called(step)}", retry_transient(check), self.retry_policy, self.log)
        except OperationError as error:
            raise OperationError(_stopped(str(error), step, options, left)) from error
        self.log(f"{_called(step)}: replaced, and well")


def refuse_unless_passing(plan: RollPlan) -> None:
    """Refuse a plan that waiting would not mend.

    Raises:
        RefusedError: with its reasons.
    """
    lasting = [refusal for refusal in plan.refusals if not refusal.passing]
    if lasting:
        raise RefusedError(lasting)


def _not_planned(step: RollStep) -> str:
    return (
        f"{_called(step)} {step.why}, and was not so when the roll began: a template was changed meanwhile, or the "
        "group does not launch what it says. Nothing more was terminated; look at the plan again"
    )


def _called(step: RollStep) -> str:
    return f"{step.node.group} {step.node.instance}"


def _stopped(error: str, step: RollStep, options: RollOptions, left: int) -> str:
    """The message for a roll that stopped."""
    again = ["tripod roll STACK --yes"]
    if options.only:
        again.append(f"--only {options.only}")
    if options.launched_before:
        again.append(f"--launched-before {options.launched_before:%Y-%m-%dT%H:%M:%SZ}")
    return (
        f"{error}. The roll stopped there; {left} more were to be replaced, and run on as they were.\n"
        f"Look at the replacement: `aws autoscaling describe-scaling-activities --auto-scaling-group-name "
        f"{step.node.group}`, and its console output or `journalctl -u tripod-boot` by Session Manager.\n"
        f"When the cluster is well again, `{' '.join(again)}` goes on from here"
    )
