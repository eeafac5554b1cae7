"""The operations' commands on a rehearsed account: AWS is read and changed for real, what nodes say is not."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from support.account.rehearsed import Copy, Rehearsed
from support.operations.agents import FakeAgents, account, instances_in_service
from support.operations.command import tripod
from support.stacks.planned import put
from tripod.cli.target import NoRemote
from tripod.operations.backup.run import snapshot_location
from tripod.operations.rotate.run import FIRST_VALUE
from tripod.pki.secret_names import ClusterPaths, SecretName
from tripod.rehearsal.protocol_values import plain


def test_commands_are_dry_runs_unless_told(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[list[tuple[int, str]], bool]:
        before = (instances_in_service(copy), FakeAgents(copy).hash())
        told = [
            tripod(copy, "roll", "local", "--launched-before", "2999-01-01T00:00:00Z"),
            tripod(copy, "rotate", "local", "encryption"),
            tripod(copy, "backup", "local"),
            tripod(copy, "restore", "local"),
            tripod(copy, "backups", "local"),
            tripod(copy, "upgrade", "local", "1.37.2", "--plan"),
        ]
        return told, before == (instances_in_service(copy), FakeAgents(copy).hash())

    told, same = local.in_a_copy(act)
    assert same
    wanted = (
        (0, "`--yes` does it"),
        (0, "1. add key-2 behind key-1"),
        (0, "Would take a snapshot on member 0-0"),
        (2, "it works (0-0, 1-0, 2-0)"),
        (1, "there is no snapshot"),
        (0, "   Pulumi.local.yaml"),
    )
    for (code, said), (expected, part) in zip(told, wanted, strict=True):
        assert (code, part in said) == (expected, True), said
    groups = ("etcd-0-0", "etcd-2-0", "etcd-1-0", "control-plane-0", "workers-general-0")
    order = [told[0][1].index(f"local-{name}") for name in groups]
    assert order == sorted(order)
    lines = told[-1][1].splitlines()
    start = lines.index("   Pulumi.local.yaml", lines.index("1. control plane 1.36.4 → 1.37.2"))
    assert [line.strip() for line in lines[start + 1 : start + 7]] == [
        "tripod:versions:",
        "kubernetes: 1.37.2",
        "workers: 1.36.4",
        "pulumi up --stack local",
        "tripod roll local --only control-plane",
        "tripod roll local --only control-plane --yes",
    ]


def test_a_roll_by_command_replaces_the_workers_that_are_chosen(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[tuple[int, str], list[Any], list[Any]]:
        before = instances_in_service(copy)
        told = tripod(
            copy, "roll", "local", "--only", "workers", "--launched-before", "2999-01-01T00:00:00Z", "--yes", "--json"
        )
        return told, before, instances_in_service(copy)

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

    wanted = (
        (1, "encrypted by AES256, not by a KMS key"),
        (0, "now: 4 bytes, revision 70, on member 0-0"),
        (0, "0 min"),
        (0, '"revision": 70'),
    )
    for (code, said), (expected, part) in zip(local.in_a_copy(act), wanted, strict=True):
        assert (code, part in said) == (expected, True), said


def test_a_rotation_by_command_leaves_one_new_key_and_the_engine_its_own_version(local: Rehearsed) -> None:
    """The engine looks at its version by its id. Were it gone, the next refresh would put the first key back."""
    (declared,) = (one for one in local.recording.registrations.values() if one.name.endswith("encryption-first-value"))
    first = plain(declared.inputs)["secretString"]

    def act(copy: Copy) -> tuple[list[tuple[int, str]], str, str, list[str], dict[str, list[str]]]:
        secrets = copy.client("secretsmanager")
        name = ClusterPaths(copy.cluster, account(copy).incarnation).secret(SecretName.ENCRYPTION)
        version = secrets.get_secret_value(SecretId=name)["VersionId"]
        told = [tripod(copy, "rotate", "local", "encryption", "--yes") for _ in range(2)]
        engines = secrets.get_secret_value(SecretId=name, VersionId=version)["SecretString"]
        stages = secrets.describe_secret(SecretId=name)["VersionIdsToStages"][version]
        return told, engines, secrets.get_secret_value(SecretId=name)["SecretString"], stages, copy.broken()

    told, engines, present, stages, broken = local.in_a_copy(act)
    assert [code for code, _ in told] == [0, 0], told
    assert "key-2 is the only key" in told[0][1]
    assert "drop key-1" in told[0][1]
    assert json.loads(engines) == json.loads(first)
    assert [key["name"] for key in json.loads(present)["keys"]] == ["key-3"]
    assert stages == [FIRST_VALUE]
    # What differs from then on is ignored: an `up` changes nothing.
    assert declared.ignore_changes == ("secretString",)
    assert broken == {}


def test_a_snapshot_older_than_a_rotation_is_restored_until_its_key_is_destroyed(local: Rehearsed) -> None:
    """The snapshot's metadata is what the agent's own test has it write."""

    def act(copy: Copy) -> tuple[list[tuple[int, str]], list[dict[str, Any]], FakeAgents]:
        agents, place = FakeAgents(copy), snapshot_location(account(copy))
        old = f"{place.prefix}2026-01-01T00-00-00Z-1.db"
        copy.client("s3").put_object(
            Bucket=place.bucket, Key=old, Body=b"data", Metadata={"encryption-keys": '["key-1"]'}
        )
        restore = ("restore", "local", "--snapshot", old, "--force")
        lost = ("rotate", "local", "encryption", "--compromised")
        told: list[tuple[int, str]] = []
        secrets: list[dict[str, Any]] = []
        for command in (
            *(("rotate", "local", "encryption", "--yes"), restore, (*restore, "--yes")),
            *(lost, (*lost, "--yes"), restore, ("rotate", "local", "join-token", "--compromised")),
        ):
            told.append(tripod(copy, *command, agents=agents))
            secrets.append(agents.secret())
        return told, secrets, agents

    told, secrets, agents = local.in_a_copy(act)
    assert [code for code, _ in told] == [0, 0, 0, 0, 0, 2, 2], told
    keys = [[[key["name"] for key in one.get(place, [])] for place in ("keys", "retired")] for one in secrets]
    after = [["key-2"], ["key-1"]]
    assert keys == [after, after, after, after, [["key-3"], []], [["key-3"], []], [["key-3"], []]]
    assert "key-1: retired, in use again until every Secret is rewritten" in told[1][1]
    assert "key-1 of local/" in told[2][1]
    assert "drop key-1, which no Secret needs any more; keep key-1" in told[2][1]
    assert "etcd/snapshots/2026-01-01T00-00-00Z-1.db" in told[3][1]
    assert "2 snapshots cannot be restored afterwards" in told[3][1]
    assert told[4][1].count("unreadable from then on: etcd/snapshots/") == 2
    assert "Secrets need key-1, which local/" in " ".join(told[5][1].split())
    commands = [command for _, command in agents.asked]
    began = commands.index("restore")
    order = [commands.index(name, began) for name in ("restore", "refresh-encryption", "start-api-server")]
    assert order == sorted(order) < [commands.index("rewrite-secrets", began)]
    assert commands.index("snapshot", began) > commands.index("rewrite-secrets", began)


def test_a_new_join_token_and_new_certificates_are_asked_of_nodes(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[list[tuple[int, str]], int, list[str]]:
        agents = FakeAgents(copy)
        told = [
            tripod(copy, "rotate", "local", "join-token", agents=agents),
            tripod(copy, "rotate", "local", "certificates", agents=agents),
        ]
        before = [command for _, command in agents.asked if command in ("rotate-join-token", "renew-now")]
        told += [
            tripod(copy, "rotate", "local", "join-token", "--yes", agents=agents),
            tripod(copy, "rotate", "local", "certificates", "--yes", agents=agents),
        ]
        return told, len(before), [command for _, command in agents.asked]

    told, before, asked = local.in_a_copy(act)
    assert [code for code, _ in told] == [0, 0, 0, 0], told
    assert before == 0
    assert "publish another token" in told[0][1]
    assert asked.count("rotate-join-token") == 1
    assert asked.count("renew-now") == 9
    assert "9 of 9: local-workers-general-2" in told[3][1]


def test_an_unknown_rotation_is_refused(local: Rehearsed) -> None:
    code, said = local.in_a_copy(lambda copy: tripod(copy, "rotate", "local", "passwords"))
    assert code == 2
    assert "certificates" in said


def test_an_account_that_the_stack_does_not_allow_is_refused(local: Rehearsed) -> None:
    code, said = local.in_a_copy(
        lambda copy: tripod(copy, "roll", "local", "--yes", change=put("aws:allowedAccountIds", ["999999999999"]))
    )
    assert code == 2
    assert "credentials are for account 123456789012; aws:allowedAccountIds has 999999999999" in said


def test_a_roll_is_refused_where_no_node_answers_and_shows_what_it_would_do(local: Rehearsed) -> None:
    code, said = local.in_a_copy(lambda copy: tripod(copy, "roll", "local", "--all", agents=NoRemote()))
    assert code == 2
    assert "local-workers-general-2" in said
    assert "0 of 3 members are well" in said
    assert "Nothing was changed" in said


def test_a_snapshot_of_another_bucket_is_copied_and_restored(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[list[tuple[int, str]], list[str], FakeAgents]:
        s3, agents = copy.client("s3"), FakeAgents(copy)
        s3.create_bucket(Bucket="former", CreateBucketConfiguration={"LocationConstraint": copy.region})
        s3.put_object(Bucket="former", Key="etcd/latest.db", Body=b"data")
        options = ("restore", "local", "--force", "--from", "s3://former/etcd/latest.db")
        told = [tripod(copy, *options, agents=agents), tripod(copy, *options, "--yes", agents=agents)]
        own = snapshot_location(account(copy)).bucket
        return told, [one["Key"] for one in s3.list_objects_v2(Bucket=own)["Contents"]], agents

    (shown, done), keys, agents = local.in_a_copy(act)
    assert (shown[0], done[0]) == (0, 0), (shown, done)
    assert "copied from s3://former/etcd/latest.db before anything is stopped" in shown[1]
    assert "aws secretsmanager put-secret-value --secret-id local/" in shown[1]
    assert keys == ["etcd/imported/former/latest.db"]
    commands = [command for _, command in agents.asked]
    assert commands.index("restore") < commands.index("refresh-encryption") < commands.index("start-api-server")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://former/other.db", "is not there"),
        ("s3://former/empty.db", "is empty"),
        ("s3://closed/latest.db", "members' role may read its own cluster's alone"),
        ("former/latest.db", "is no address such as"),
    ],
)
def test_a_snapshot_that_cannot_be_copied_is_refused_before_anything_stops(
    local: Rehearsed, address: str, said: str
) -> None:
    def act(copy: Copy) -> tuple[tuple[int, str], list[str]]:
        s3, agents = copy.client("s3"), FakeAgents(copy)
        s3.create_bucket(Bucket="former", CreateBucketConfiguration={"LocationConstraint": copy.region})
        s3.put_object(Bucket="former", Key="empty.db", Body=b"")
        with refusing("closed"):
            told = tripod(copy, "restore", "local", "--force", "--from", address, "--yes", agents=agents)
        return told, [command for _, command in agents.asked]

    (code, told), asked = local.in_a_copy(act)
    assert code == 2
    assert said in " ".join(told.replace("│", " ").split())
    assert "stop-api-server" not in asked


@contextmanager
def refusing(bucket: str) -> Generator[None]:
    """Have S3 refuse a bucket, as it does one of another account."""
    clients: Any = BaseClient
    call = clients._make_api_call

    def refuse(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if arguments.get("Bucket") == bucket:
            raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, operation)
        return call(client, operation, arguments)

    with patch.object(clients, "_make_api_call", refuse):
        yield
