"""Operations on a rehearsed account: what they read from AWS and do there is real, what nodes answer is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from support.account.rehearsed import Copy, Rehearsed
from support.operations.agents import (
    FakeHealth,
    account,
    forget_target,
    instances_in_service,
    release_templates,
    report_launched_versions,
)
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.observe import observe, terminate
from tripod.operations.roll.plan import RollOptions, roll_plan
from tripod.operations.roll.run import Roller


@dataclass(frozen=True)
class Rolled:
    """What a roll did: roles and members in order, and how the cluster is before and after."""

    steps: list[tuple[str, str]]
    before: list[tuple[str, str, str]]
    after: list[tuple[str, str, str]]
    at_once: list[int]
    broken: dict[str, list[str]]
    asked: list[Mapping[str, str]]


def roll(copy: Copy, choice: RollOptions) -> Rolled:
    health = FakeHealth()
    before = instances_in_service(copy)
    at_once: list[int] = []

    def terminated(instance: str) -> None:
        gone = {one[2] for one in before} - {one[2] for one in instances_in_service(copy)}
        terminate(account(copy), instance)
        forget_target(copy, instance)
        at_once.append(len({one[2] for one in before} - {one[2] for one in instances_in_service(copy)} - gone))

    roller = Roller(
        lambda: observe(account(copy), health),
        terminated,
        RetryPolicy(30, 0.01, 0.1),
        lambda _: None,
    )
    steps = [(step.role, step.member) for step in roller.roll(choice)]
    return Rolled(steps, before, instances_in_service(copy), at_once, copy.broken(), health.asked)


def test_newer_templates_are_rolled_out_one_member_at_a_time_the_leader_last(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[Rolled, list[str], list[Any], Any]:
        report_launched_versions()
        groups = release_templates(copy, "etcd")
        done = roll(copy, RollOptions())
        types = [one["InstanceType"] for one in account(copy).instances if "etcd" in str(one["Tags"])]
        return done, groups, types, roll_plan(observe(account(copy), FakeHealth()), RollOptions()).steps

    done, groups, types, left = local.in_a_copy(act)
    assert done.steps == [("etcd", "0-0"), ("etcd", "2-0"), ("etcd", "1-0")]
    assert done.at_once == [1, 1, 1]
    assert [one[:2] for one in done.after] == [one[:2] for one in done.before]
    changed = {before[0] for before, after in zip(done.before, done.after, strict=True) if before != after}
    assert changed == set(groups)
    assert done.broken == {}
    assert left == ()
    assert types.count("m7g.xlarge") == 3
    # The gate asked the members that there were, and all of them.
    assert all(set(asked) <= {"0-0", "1-0", "2-0"} for asked in done.asked)
    assert done.asked[-1].keys() == {"0-0", "1-0", "2-0"}


def test_the_control_plane_comes_after_etcd_and_before_workers(local: Rehearsed) -> None:
    def act(copy: Copy) -> Rolled:
        report_launched_versions()
        for role in ("workers", "control-plane", "etcd"):
            release_templates(copy, role)
        return roll(copy, RollOptions())

    done = local.in_a_copy(act)
    roles = [role for role, _ in done.steps]
    count = {role: roles.count(role) for role in ("etcd", "control-plane", "workers")}
    assert roles == [role for role, number in count.items() for _ in range(number)]
    assert len(roles) == len(done.before) == len(done.after)
    assert min(count.values()) >= 1
    assert set(done.at_once) == {1}
    assert done.broken == {}


def test_a_member_that_is_not_healthy_forbids_a_roll_and_is_named_with_its_reason(local: Rehearsed) -> None:
    def act(copy: Copy) -> list[str]:
        report_launched_versions()
        release_templates(copy, "etcd")
        health = FakeHealth(unhealthy_members={"2-0": "it is behind"})
        return [str(one) for one in roll_plan(observe(account(copy), health), RollOptions()).refusals]

    refusals = local.in_a_copy(act)
    assert [one for one in refusals if "etcd-2-0" in one and "it is behind" in one], refusals
