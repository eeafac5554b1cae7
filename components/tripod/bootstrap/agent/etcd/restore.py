"""Restore of a member's data from a snapshot, as a member of a new cluster; the old data are kept.

`tripod restore` does it on every member between `stop-etcd` and `start-etcd`. It may be interrupted anywhere and
repeated: incomplete data have another name, and a second restore never overwrites the data kept by the first.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import cast

from ..aws.client import MissingError
from ..core.errors import AgentError
from ..core.typed_json import JsonObject
from ..host.command_io import ARGUMENTS, answer, arguments
from ..host.filesystem import DATA, MOUNT_POINT, Content, Owner, examine, prepare
from ..host.host import CommandError, Host
from ..instance.context import Agent
from ..instance.topology import topology
from .config import CONFIG, RESTORED, USER, InitialCluster, parse_initial_cluster
from .member import configure
from .membership import initial_cluster
from .operator_stop import lock_member, require_operator_stop
from .urls import peer_url
from .volume import attach_volume

BEFORE = f"{MOUNT_POINT}/data.before-restore"
"""The member's data before the restore; removed by people, or by a later restore."""

_DRAFT = f"{MOUNT_POINT}/data.restoring"
_WORK = "/var/lib/tripod/restore"
"""On the instance's own disk: the volume has to hold the data twice already."""


@dataclass(frozen=True)
class RestoreRequest:
    """Request of a restore.

    Attributes:
        bucket: the snapshot's bucket.
        key: its key.
        token: the new cluster's token; unique to a restore.
        bump_revision: the number added to revisions.
        mark_compacted: True if older revisions count as compacted afterwards, so that watches restart.
        members: the names of the new cluster's members; empty for all of the topology. A member that is left out finds
            at its next boot that the cluster does not list it, and does not start with its old data.
    """

    bucket: str
    key: str
    token: str
    bump_revision: int
    mark_compacted: bool
    members: list[str] = field(default_factory=list[str])


_REQUIRED = {name: kind for name, kind in RestoreRequest.__annotations__.items() if name != "members"}


def parse_request(given: JsonObject) -> RestoreRequest:
    """Parse the command's arguments.

    Raises:
        AgentError: one is missing, or has another type; with every reason.
    """
    problems = list(_argument_problems(given))
    if problems:
        raise AgentError(f"{ARGUMENTS}: {'; '.join(problems)}")
    return RestoreRequest(**given)


def _argument_problems(given: Mapping[str, object]) -> Iterator[str]:
    members: object = given.get("members", [])
    if not isinstance(members, list) or not all(isinstance(one, str) for one in cast("list[object]", members)):
        yield f"members is {members!r}, which is no list of names"
    for name, kind in _REQUIRED.items():
        if type(given.get(name)) is not kind:
            yield f"{name} is {given.get(name)!r}, which is no {kind.__name__}"
        elif kind is str and not given[name]:
            yield f"{name} is empty"
    for name in given.keys() - RestoreRequest.__annotations__.keys():
        yield f"{name} is unknown"


def restore(agent: Agent) -> str:
    """Replace this member's data by a snapshot's. Repeated with the same token, it changes nothing.

    Raises:
        AgentError: etcd is not stopped, the volume is not this member's, or the snapshot is missing or broken.
    """
    request, host = parse_request(arguments()), agent.host
    require_operator_stop(host)
    with agent.retry("restore", lambda: lock_member(host)):
        device = attach_volume(agent)
        owner = Owner(agent.config.document.incarnation, agent.config.name)
        disk = examine(host, device, owner)
        if disk.content is Content.OTHER:
            raise AgentError(disk.reason)
        if disk.content is not Content.DATA:
            prepare(host, device, disk, owner)
        done = _restore_record(host)
        if not done or done["wanted"] != asdict(request) or disk.content is not Content.DATA:
            done = _restore_data(agent, request)
        members = initial_cluster(_members(agent, request))
        configure(agent, parse_initial_cluster(host.read(CONFIG)) or InitialCluster("existing", members))
    return answer(revision=done["revision"], hash=done["hash"])


def _members(agent: Agent, request: RestoreRequest) -> Mapping[str, str]:
    """The new cluster's members: name → address.

    Raises:
        AgentError: the topology lacks one, or this member is not among them.
    """
    planned = topology(agent)
    unknown = [name for name in request.members if name not in planned]
    if unknown:
        raise AgentError(f"{', '.join(unknown)} is no member; the topology has {', '.join(planned)}")
    if request.members and agent.config.name not in request.members:
        raise AgentError(f"this is member {agent.config.name}, which the new cluster is to leave out")
    return {name: address for name, address in planned.items() if not request.members or name in request.members}


def _restore_data(agent: Agent, request: RestoreRequest) -> JsonObject:
    host = agent.host
    _build_data(agent, request)
    # Not `etcdutl hashkv`: etcd 3.6's panics at the first key with a lease ("no lessor to attach lease", in
    # mvcc's kvstore.go), and every API server keeps some. This hash covers all buckets, the list of members too.
    said: JsonObject = json.loads(
        host.run("etcdutl", "snapshot", "status", str(host.path(f"{_DRAFT}/member/snap/db")), "--write-out=json")
    )
    done = {"wanted": asdict(request), "revision": said["revision"], "hash": f"{said['hash']:x}"}
    _swap(host, done)
    return done


def _build_data(agent: Agent, request: RestoreRequest) -> None:
    """Build the member's new data beside the old ones. etcdutl verifies the digest at the snapshot's end."""
    host, members = agent.host, _members(agent, request)
    file = f"{_WORK}/snapshot.db"
    shutil.rmtree(host.path(_DRAFT), ignore_errors=True)
    try:
        _download(agent, request, file)
        host.run(
            *("etcdutl", "snapshot", "restore", str(host.path(file))),
            f"--name={agent.config.name}",
            f"--initial-cluster={initial_cluster(members)}",
            f"--initial-cluster-token={request.token}",
            f"--initial-advertise-peer-urls={peer_url(members[agent.config.name])}",
            f"--data-dir={host.path(_DRAFT)}",
            f"--bump-revision={request.bump_revision}",
            *(["--mark-compacted"] if request.mark_compacted else []),
        )
    except CommandError as error:
        raise AgentError(
            f"s3://{request.bucket}/{request.key} cannot be restored: {error.last_line}; the member's data are as they "
            "were: restore another snapshot (`tripod backups` lists them)"
        ) from error
    finally:
        shutil.rmtree(host.path(_WORK), ignore_errors=True)
    host.run("chown", "--recursive", f"{USER}:{USER}", str(host.path(_DRAFT)))


def _download(agent: Agent, request: RestoreRequest, file: str) -> None:
    path = agent.host.path(file)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def take(blocks: Iterator[bytes]) -> None:
        with path.open("wb") as target:
            for block in blocks:
                target.write(block)

    try:
        agent.aws.fetch(request.bucket, request.key, take)
    except MissingError:
        raise AgentError(
            f"s3://{request.bucket}/{request.key} does not exist: `tripod backups` lists what there is"
        ) from None


def _swap(host: Host, done: JsonObject) -> None:
    """Move the new data into place. After an interruption, `_restore_record` and the folders tell old from new."""
    data, before = host.path(DATA), host.path(BEFORE)
    if _restore_record(host):
        # An earlier restore's, with which etcd never ran; the data kept by it stay.
        shutil.rmtree(data, ignore_errors=True)
    elif any(data.glob("member/wal/*.wal")):
        shutil.rmtree(before, ignore_errors=True)
        data.rename(before)
    else:
        shutil.rmtree(data, ignore_errors=True)
    host.write(RESTORED, json.dumps(done))
    host.path(_DRAFT).rename(data)


def _restore_record(host: Host) -> JsonObject | None:
    """Record of an earlier restore, with which etcd was never started; None if there was none."""
    try:
        return json.loads(host.read(RESTORED) or "")
    except ValueError:
        return None
