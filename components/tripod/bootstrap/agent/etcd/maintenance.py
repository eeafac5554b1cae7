"""Maintenance of a member, as etcd's documentation says (op-guide/maintenance): compact, defragment, disarm.

An operation calls these member by member; each acts on its own member only, but for what etcd does on all.
"""

import json
import shutil

from ..core.errors import AgentError
from ..host.command_io import answer, arguments
from ..host.filesystem import MOUNT_POINT
from ..host.host import Host
from ..instance.context import Agent
from .config import CONFIG
from .etcdctl import Etcdctl
from .operator_stop import lock_member, require_no_operator_stop
from .urls import OWN


def disk_percent(host: Host) -> int:
    """Used part of the file system that a member's data are on, in percent, rounded up; 0 if it is not mounted."""
    folder = host.path(MOUNT_POINT)
    if not folder.is_dir():
        return 0
    usage = shutil.disk_usage(folder)
    return -(-100 * usage.used // (usage.used + usage.free))


def configured_quota(host: Host) -> int:
    """The quota that a member is configured with, in bytes; 0 if it is not configured yet."""
    return int(json.loads(host.read(CONFIG) or "{}").get("quota-backend-bytes", 0))


def defragment(agent: Agent) -> str:
    """Defragment this member, with the argument ``compact`` (a revision) after a compaction.

    Raises:
        AgentError: its volume has no room for the second copy, or etcd refuses.
    """
    etcdctl, revision = Etcdctl(agent.host), int(arguments().get("compact", 0))
    with lock_member(agent.host):
        require_no_operator_stop(agent.host)
        if revision:
            etcdctl.compact(OWN, revision)
        before = etcdctl.status(OWN)
        free = shutil.disk_usage(agent.host.path(MOUNT_POINT)).free
        if free < before.used:
            raise AgentError(
                f"{MOUNT_POINT} has {free} bytes free, and a defragmentation writes {before.used} of a second copy: "
                "remove data.before-restore there if it is not needed, or raise etcd.volume.sizeGib"
            )
        etcdctl.defragment(OWN)
        after = etcdctl.status(OWN)
    return answer(before=before.database, after=after.database)


def disarm(agent: Agent) -> str:
    """Clear etcd's alarms."""
    Etcdctl(agent.host).disarm(OWN)
    return answer(disarmed=True)
