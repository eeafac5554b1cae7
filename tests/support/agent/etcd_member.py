"""A member of etcd in an emulated account: every phase and command that calls AWS, with fakes of the rest."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support.agent.emulated_ec2 import launch, make_volume, show_device
from support.agent.etcd_answers import BLANK, NOBODY, QUIET, etcdctl, status
from support.agent.instance import DOCUMENT, SNAPSHOT_BUCKET, FakeInstance, aws, member_instance
from support.controlplane.authority import Authority
from tripod.bootstrap.agent.etcd import member
from tripod.bootstrap.agent.etcd.role import COMMANDS
from tripod.bootstrap.agent.host.command_io import ARGUMENTS

SECRET = DOCUMENT.secrets.etcd_ca
PAIR = Authority("etcd").pair
KEY = "etcd/snapshots/2026-07-14T09-05-07Z-4711.db"
WANTED: dict[str, Any] = {
    "bucket": SNAPSHOT_BUCKET,
    "key": KEY,
    "token": "demo-0a1b2c3d-restored-1",
    "bump_revision": 1_000_000_000,
    "mark_compacted": True,
}
ANSWER = {"revision": 1_000_004_711, "hash": "abc"}
RESTORED_KEY = "etcd/snapshots/of-another-day.db"


def put_secret(value: Any = None) -> None:
    secret = {"certificate": PAIR.certificate.decode(), "private_key": PAIR.key.decode()}
    aws("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(secret) if value is None else value)


def etcdutl(*command: str) -> str:
    """What etcdutl does, as far as the agent can see it."""
    if command[2] == "status":
        assert Path(command[3]).is_file()
        return json.dumps({"hash": 0xABC, "revision": ANSWER["revision"], "totalKey": 1, "totalSize": 1})
    options = dict(one.removeprefix("--").split("=", 1) for one in command[4:] if "=" in one)
    folder = Path(options["data-dir"])
    assert not folder.exists(), "etcdutl refuses a folder that is there"
    text = f"{Path(command[3]).read_text()} under {options['initial-cluster-token']}"
    for file in ("member/wal/0.wal", "member/snap/db"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return ""


def newborn(folder: Path, snapshot_bytes: int = 100) -> FakeInstance:
    """A member that has never booted, in an account that has what it needs.

    Args:
        folder: its files.
        snapshot_bytes: how large a snapshot of it is.
    """
    put_secret()
    aws("s3").put_object(Bucket=SNAPSHOT_BUCKET, Key=RESTORED_KEY, Body=b"snapshot")
    volume, instance = make_volume(), launch()["InstanceId"]
    on = member_instance(folder, **QUIET, **BLANK, resize2fs="")
    on.metadata.entries["meta-data/instance-id"] = instance
    show_device(on, volume)

    def save(*command: str) -> str:
        Path(command[-1]).write_bytes(bytes(snapshot_bytes))
        return ""

    answers = etcdctl(
        member_list=NOBODY, endpoint_status=status(0xA1), endpoint_health="[]", snapshot_save=save, get="{}"
    )
    known = json.dumps({"hash": 1, "revision": 1, "totalKey": 1})
    on.machine.replies.update({**answers, "etcdutl": etcdutl, "etcdutl snapshot status": known})
    return on


def live(on: FakeInstance) -> None:
    """Boot, and do whatever timers and operators ask for."""
    for act in (
        member.issue_certificate,
        member.decide_membership,
        member.start,
        member.promote,
        member.mark_initialised,
    ):
        act(on.agent)
    given: Mapping[str, Mapping[str, Any]] = {"restore": {**WANTED, "key": RESTORED_KEY}}
    called = ["snapshot", "renew", "status", "stop-etcd", "restore", "start-etcd", "renew-now"]
    assert list(COMMANDS) == [*called, "defragment", "disarm"], "the last two call etcd alone"
    for name in called:
        with patch.dict("os.environ", {ARGUMENTS: json.dumps(given.get(name, {}))}):
            COMMANDS[name](on.agent)
