"""Operations on a rehearsed account: what they read from AWS and do there is real, what nodes answer is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unittest.mock import patch

import typer
from typer.testing import CliRunner

from support.rehearsed import Copy, Rehearsed
from support.stacks import config_of, project, settings_of
from tripod.bootstrap.agent.retry import Patience
from tripod.clients import Clients
from tripod.operations import commands
from tripod.operations.observing import observe, terminate
from tripod.operations.opened import Opened
from tripod.operations.roll import Choice, roll_plan
from tripod.operations.rolling import Roller
from unit.operations.agents import (
    FakeAgents,
    FakeHealth,
    account,
    forget_target,
    release_templates,
    report_launched_versions,
)


@dataclass(frozen=True)
class Rolled:
    """What a roll did: roles and members in order, and how the cluster is before and after."""

    steps: list[tuple[str, str]]
    before: list[tuple[str, str, str]]
    after: list[tuple[str, str, str]]
    at_once: list[int]
    broken: dict[str, list[str]]
    asked: list[Mapping[str, str]]


def instances(copy: Copy) -> list[tuple[str, str, str]]:
    """Group, zone and id of every instance in service."""
    found = observe(account(copy), FakeHealth())
    return sorted((node.group, node.zone, node.instance) for node in found.nodes if node.in_service)


def launched_before(copy: Copy) -> datetime:
    """A moment after the launch of all that there are."""
    return max(node.launched for node in observe(account(copy), FakeHealth()).nodes).replace(year=2999)


def roll(copy: Copy, choice: Choice) -> Rolled:
    health = FakeHealth()
    before = instances(copy)
    at_once: list[int] = []

    def terminated(instance: str) -> None:
        gone = {one[2] for one in before} - {one[2] for one in instances(copy)}
        terminate(account(copy), instance)
        forget_target(copy, instance)
        at_once.append(len({one[2] for one in before} - {one[2] for one in instances(copy)} - gone))

    roller = Roller(
        lambda: observe(account(copy), health),
        terminated,
        Patience(30, 0.01, 0.1),
        lambda _: None,
    )
    steps = [(step.role, step.member) for step in roller.roll(choice)]
    return Rolled(steps, before, instances(copy), at_once, copy.broken(), health.asked)


def test_a_fresh_cluster_has_nothing_to_roll(local: Rehearsed) -> None:
    def plan(copy: Copy) -> Any:
        report_launched_versions()
        return roll_plan(observe(account(copy), FakeHealth()), Choice())

    found = local.in_a_copy(plan)
    assert (found.steps, found.refusals) == ((), ())


def test_looking_changes_nothing(local: Rehearsed) -> None:
    def plan(copy: Copy) -> tuple[int, bool]:
        before = instances(copy)
        steps = roll_plan(observe(account(copy), FakeHealth()), Choice(launched_before=launched_before(copy))).steps
        return len(steps), instances(copy) == before

    count, same = local.in_a_copy(plan)
    assert count >= 3 + 1 + 1
    assert same


def test_newer_templates_are_rolled_out_one_member_at_a_time_the_leader_last(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[Rolled, list[str], list[Any], Any]:
        report_launched_versions()
        groups = release_templates(copy, "etcd")
        done = roll(copy, Choice())
        types = [one["InstanceType"] for one in account(copy).instances if "etcd" in str(one["Tags"])]
        return done, groups, types, roll_plan(observe(account(copy), FakeHealth()), Choice()).steps

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
        return roll(copy, Choice())

    done = local.in_a_copy(act)
    roles = [role for role, _ in done.steps]
    count = {role: roles.count(role) for role in ("etcd", "control-plane", "workers")}
    assert roles == [role for role, number in count.items() for _ in range(number)]
    assert len(roles) == len(done.before) == len(done.after)
    assert min(count.values()) >= 1
    assert set(done.at_once) == {1}
    assert done.broken == {}


def test_an_ill_member_keeps_every_instance_where_it_is(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[str, bool]:
        report_launched_versions()
        release_templates(copy, "etcd")
        before = instances(copy)
        health = FakeHealth(ill_members={"2-0": "it is behind"})
        roller = Roller(lambda: observe(account(copy), health), lambda _: None, Patience(1), lambda _: None)
        plan = roll_plan(roller.observe(), Choice())
        said = "\n".join(str(one) for one in plan.refusals)
        return said, instances(copy) == before

    said, same = local.in_a_copy(act)
    assert "it is behind" in said
    assert same


def tripod(copy: Copy, *arguments: str, agents: FakeAgents | None = None) -> tuple[int, str]:
    """Run a command of the operations on a copy, and return its exit code and all that it said."""
    app = typer.Typer()
    for name in ("roll", "upgrade", "backup", "backups", "restore", "rotate"):
        app.command()(getattr(commands, name))
    opened = Opened(project(), config_of(settings_of("local")), Clients(copy.address), copy.cluster)
    with (
        patch.object(commands, "open_cluster", return_value=opened),
        patch.object(Opened, "remote", return_value=agents or FakeAgents(copy)),
    ):
        done = CliRunner(env={"COLUMNS": "300"}).invoke(app, arguments)
    return done.exit_code, done.output


def test_commands_are_dry_runs_unless_told(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[list[tuple[int, str]], bool]:
        before = (instances(copy), FakeAgents(copy).hash())
        told = [
            tripod(copy, "roll", "local", "--launched-before", "2999-01-01T00:00:00Z"),
            tripod(copy, "rotate", "local"),
            tripod(copy, "backup", "local"),
            tripod(copy, "restore", "local"),
            tripod(copy, "backups", "local"),
            tripod(copy, "upgrade", "local", "1.37.2", "--plan"),
        ]
        return told, before == (instances(copy), FakeAgents(copy).hash())

    told, same = local.in_a_copy(act)
    roll_, rotate_, backup_, restore_, backups_, upgrade_ = told
    assert same
    assert roll_[0] == 0
    groups = ("etcd-0-0", "etcd-2-0", "etcd-1-0", "control-plane-0", "workers-general-0")
    order = [roll_[1].index(f"local-{name}") for name in groups]
    assert order == sorted(order)
    assert "`--yes` does it" in roll_[1]
    assert rotate_[0] == 0
    assert "1. add key-2 behind key-1" in rotate_[1]
    assert backup_[0] == 0
    assert "Would take a snapshot on member 0-0" in backup_[1]
    assert restore_[0] == 2
    assert "it works (0-0, 1-0, 2-0)" in restore_[1]
    assert backups_[0] == 1
    assert "there is no snapshot" in backups_[1]
    assert upgrade_[0] == 0
    assert "versions.workers: 1.36.4" in upgrade_[1]


def test_a_roll_by_command_replaces_the_workers_that_are_chosen(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[tuple[int, str], list[Any], list[Any]]:
        before = instances(copy)
        told = tripod(
            copy, "roll", "local", "--only", "workers", "--launched-before", "2999-01-01T00:00:00Z", "--yes", "--json"
        )
        return told, before, instances(copy)

    (code, said), before, after = local.in_a_copy(act)
    # Whatever is launched in this test is older than 2999, so the roll finds that it would go on for ever.
    assert code == 1
    assert "was not so when the roll began" in said
    changed = {one[0] for one, other in zip(before, after, strict=True) if one != other}
    assert changed
    assert all("workers" in group for group in changed)


def test_a_backup_is_proved_in_the_bucket_and_listed(local: Rehearsed) -> None:
    def act(copy: Copy) -> list[tuple[int, str]]:
        return [
            tripod(copy, "backup", "local", "--yes", agents=FakeAgents(copy, encrypted=False)),
            tripod(copy, "backup", "local", "--yes"),
            tripod(copy, "backups", "local"),
            tripod(copy, "restore", "local", "--force", "--yes", "--json"),
        ]

    clear, taken, listed, restored = local.in_a_copy(act)
    assert clear[0] == 1
    assert "encrypted by AES256, not by a KMS key" in clear[1]
    assert taken[0] == 0
    assert "/etcd/now: 4 bytes, revision 70, on member 0-0" in taken[1]
    assert listed[0] == 0
    assert "0 min" in listed[1]
    assert restored[0] == 0
    assert '"revision": 70' in restored[1]


def test_a_rotation_by_command_leaves_one_new_key(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[tuple[int, str], dict[str, list[str]]]:
        return tripod(copy, "rotate", "local", "--yes"), copy.broken()

    (code, said), broken = local.in_a_copy(act)
    assert code == 0, said
    assert "key-2 is the only key" in said
    assert "drop key-1" in said
    assert broken == {}
