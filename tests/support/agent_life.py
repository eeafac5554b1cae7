"""A member's whole life: every phase and command that calls AWS, with etcd, systemd and the disk stood in for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support.agent import SNAPSHOT_BUCKET, Stage, aws, stage
from support.agent_answers import BLANK, NOBODY, QUIET, etcdctl, status
from tripod.bootstrap.agent.etcd import member
from tripod.bootstrap.agent.etcd.role import COMMANDS
from tripod.bootstrap.agent.host.command_io import ARGUMENTS
from unit.agent.test_etcd_restore import WANTED, etcdutl
from unit.agent.test_member_certificate import put_secret
from unit.agent.test_volume import launched, made, show_device

RESTORED_KEY = "etcd/snapshots/of-another-day.db"


def newborn(folder: Path, snapshot_bytes: int = 100) -> Stage:
    """A member that has never booted, in an account that has what it needs.

    Args:
        folder: its files.
        snapshot_bytes: how large a snapshot of it is.
    """
    put_secret()
    aws("s3").put_object(Bucket=SNAPSHOT_BUCKET, Key=RESTORED_KEY, Body=b"snapshot")
    volume, instance = made(), launched()
    on = stage(folder, **QUIET, **BLANK, resize2fs="")
    on.metadata.entries["meta-data/instance-id"] = instance
    show_device(on, volume)

    def etcd(*command: str) -> str:
        if command[-2] == "save":
            Path(command[-1]).write_bytes(bytes(snapshot_bytes))
            return ""
        (answer,) = etcdctl(member_list=NOBODY, endpoint_status=status(0xA1), endpoint_health="[]").values()
        assert callable(answer)
        return answer(*command)

    known = json.dumps({"revision": 1, "totalKey": 1})
    on.machine.replies.update({"etcdctl": etcd, "etcdutl": etcdutl, "etcdutl snapshot status": known})
    return on


def live(on: Stage) -> None:
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
    assert list(COMMANDS) == ["snapshot", "renew", "status", "stop-etcd", "restore", "start-etcd", "renew-now"]
    for name, act in COMMANDS.items():
        with patch.dict("os.environ", {ARGUMENTS: json.dumps(given.get(name, {}))}):
            act(on.agent)
