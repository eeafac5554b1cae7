"""The operations' commands on a rehearsed account: AWS is read and changed for real, what nodes say is not."""

from typing import Any

from support.operations import tripod
from support.rehearsed import Copy, Rehearsed
from tripod.operations.observing import observe
from unit.operations.agents import FakeAgents, FakeHealth, account


def instances(copy: Copy) -> list[tuple[str, str, str]]:
    """Group, zone and id of every instance in service."""
    found = observe(account(copy), FakeHealth())
    return sorted((node.group, node.zone, node.instance) for node in found.nodes if node.in_service)


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
    assert "now: 4 bytes, revision 70, on member 0-0" in taken[1]
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
