"""Boot phases of a member: they carry out the decisions of `membership`."""

import json
from dataclasses import dataclass

from ..aws.client import ConflictError
from ..core.errors import AgentError, RetryableError
from ..host.certificates import Leaf, authority_of, ensure_certificate
from ..host.filesystem import DATA, Content, Disk, Owner, examine, prepare
from ..host.host import Host
from ..host.memory import memory_mib
from ..instance.context import Agent
from ..instance.topology import topology
from .config import (
    CA,
    CERTIFICATE,
    CLIENT_CAS,
    CONFIG,
    KEY,
    UNIT,
    UNIT_FILE,
    USER,
    InitialCluster,
    config_text,
    etcd_config,
    etcd_unit,
    parse_initial_cluster,
    quota_bytes,
)
from .etcdctl import Etcdctl, Status
from .membership import Facts, Form, Join, Replace, Start, Stop, Wait, decide, initial_cluster
from .operator_stop import lock_member, require_no_operator_stop, stop_service
from .volume import attach_volume


@dataclass(frozen=True)
class MemberAddresses:
    """Addresses of a member and of the others.

    Attributes:
        member: its name.
        address: its address.
        others: the other members' addresses.
    """

    member: str
    address: str
    others: tuple[str, ...]


def make_user(agent: Agent) -> str:
    """Create the user that etcd runs as."""
    if agent.host.succeeds("id", USER):
        return f"{USER} is there"
    agent.host.run("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", USER)
    return f"made {USER}"


def issue_certificate(agent: Agent) -> str:
    """Sign the member's certificate, and write the authorities that it trusts."""
    host, document = agent.host, agent.config.etcd
    secret = document.secrets.etcd_ca
    authority = authority_of(agent.aws.secret(secret), secret)
    host.write(CA, authority.certificate)
    host.write(CLIENT_CAS, f"{document.client_ca.strip()}\n{authority.certificate.strip()}\n")
    outcome = ensure_certificate(host, authority, _leaf(agent), certificate=CERTIFICATE, key=KEY, now=agent.now())
    host.run("chown", f"{USER}:{USER}", str(host.path(KEY)))
    return outcome


def renew(agent: Agent) -> str:
    """Renew the member's certificate when two thirds of its validity are over. etcd reads it at the next handshake.

    Raises:
        AgentError: the authority is another than the one that the running member trusts.
    """
    secret = agent.config.etcd.secrets.etcd_ca
    authority = authority_of(agent.aws.secret(secret), secret)
    if agent.host.read(CA) != authority.certificate:
        raise AgentError(f"the authority in {secret} is not the one that this member trusts: replace the members")
    return ensure_certificate(agent.host, authority, _leaf(agent), certificate=CERTIFICATE, key=KEY, now=agent.now())


def _leaf(agent: Agent) -> Leaf:
    name = agent.config.name
    return Leaf(name, (agent.identity().address, "127.0.0.1"), (name, "localhost"))


def addresses_of(agent: Agent) -> MemberAddresses:
    """The member's and the others' addresses, from the topology."""
    address = agent.identity().address
    others = tuple(other for other in topology(agent).values() if other != address)
    return MemberAddresses(agent.config.name, address, others)


def decide_membership(agent: Agent) -> str:
    """Decide how this member starts, and prepare it: volume, membership, configuration."""
    device = attach_volume(agent)
    owner = Owner(agent.config.document.incarnation, agent.config.name)
    return agent.retry("membership", lambda: _decide_once(agent, device, owner))


def _decide_once(agent: Agent, device: str, owner: Owner) -> str:
    with lock_member(agent.host):
        require_no_operator_stop(agent.host)
        return _decide_locked(agent, device, owner)


def _decide_locked(agent: Agent, device: str, owner: Owner) -> str:
    disk = _examine_at_rest(agent.host, device, owner)
    facts = gather(agent, disk)
    others = [address for address in facts.topology.values() if address != facts.address]
    match decide(facts):
        case Stop(reason):
            raise AgentError(reason)
        case Wait(reason):
            raise RetryableError(reason)
        case Start():
            initial = parse_initial_cluster(agent.host.read(CONFIG))
            configure(agent, initial or InitialCluster("existing", initial_cluster(facts.topology)))
            return "starts with its data"
        case Form():
            prepare(agent.host, device, disk, owner)
            configure(agent, InitialCluster("new", initial_cluster(facts.topology)))
            return f"forms a new cluster with {', '.join(facts.topology)}"
        case Replace(old):
            prepare(agent.host, device, disk, owner)
            Etcdctl(agent.host).remove(others, old)
            _join_as_learner(agent, facts, others)
            return f"comes back as a learner; its old entry {old:x} is removed"
        case Join():
            prepare(agent.host, device, disk, owner)
            _join_as_learner(agent, facts, others)
            return "comes as a learner"


def _examine_at_rest(host: Host, device: str, owner: Owner) -> Disk:
    """Examine the volume; if it has no data, with etcd stopped.

    After a power-on systemd starts etcd beside this boot. It must not begin to write its data while they are
    found missing and removed.
    """
    disk = examine(host, device, owner)
    if disk.content is Content.DATA:
        return disk
    stop_service(host)
    return examine(host, device, owner)


def gather(agent: Agent, disk: Disk) -> Facts:
    """Collect the facts that the decision is made from."""
    members, address = topology(agent), agent.identity().address
    others = [other for other in members.values() if other != address]
    initialised = agent.aws.parameter(agent.config.etcd.initialised_parameter) is not None
    return Facts(agent.config.name, address, members, disk, initialised, Etcdctl(agent.host).view(others))


def _join_as_learner(agent: Agent, facts: Facts, others: list[str]) -> None:
    etcdctl = Etcdctl(agent.host)
    entries = etcdctl.add_learner(others, facts.member, facts.address)
    initial = InitialCluster("existing", initial_cluster(facts.topology, entries))
    configure(agent, initial, max(etcdctl.database_bytes(other) for other in others))


def configure(agent: Agent, initial: InitialCluster, database: int = 0) -> None:
    """Write the member's configuration and unit. If they change, etcd is stopped first: `start` starts it again.

    Args:
        agent: the instance.
        initial: the member's initial cluster.
        database: bytes of the database that it is about to receive from the others.
    """
    host, token = agent.host, agent.config.etcd.token
    quota = quota_bytes(memory_mib(host), max(database, _database_bytes(host)))
    texts = {
        CONFIG: config_text(etcd_config(agent.config.name, agent.identity().address, token, initial, quota)),
        UNIT_FILE: etcd_unit(),
    }
    changed = any(host.read(path) != text for path, text in texts.items())
    if changed:
        stop_service(host)
    for path, text in texts.items():
        host.write(path, text)
    host.path(DATA).mkdir(mode=0o700, parents=True, exist_ok=True)
    host.run("chown", "--recursive", f"{USER}:{USER}", str(host.path(DATA)))


def _database_bytes(host: Host) -> int:
    file = host.path(f"{DATA}/member/snap/db")
    return file.stat().st_size if file.exists() else 0


def start(agent: Agent) -> str:
    """Start etcd, now and at every boot, and wait until it answers."""
    host, address = agent.host, agent.identity().address
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "enable", UNIT)
    # It answers when a majority does: the unit waits for that, and so must not hold up this phase's messages.
    host.run("systemctl", "start", "--no-block", UNIT)

    def answered() -> Status:
        require_no_operator_stop(host)
        return Etcdctl(host).status(address)

    status = agent.retry(f"etcd (see `journalctl -u {UNIT}`)", answered)
    return f"{status.id:x} answers as a {'learner' if status.learner else 'voting member'}"


def promote(agent: Agent) -> str:
    """Give a learner its vote, as soon as it is in sync."""
    addresses, etcdctl = addresses_of(agent), Etcdctl(agent.host)

    def promoted() -> Status:
        status = etcdctl.status(addresses.address)
        if status.learner:
            etcdctl.promote(addresses.others, status.id)
            raise RetryableError("it has been promoted, and does not know it yet")
        return status

    return f"{agent.retry('promotion', promoted).id:x} has a vote"


def mark_initialised(agent: Agent) -> str:
    """Wait for a majority, and record it once: no new cluster is formed from then on."""
    address, document = agent.identity().address, agent.config.etcd

    def healthy() -> None:
        if not Etcdctl(agent.host).is_healthy(address):
            raise RetryableError("the member does not reach a majority")

    agent.retry("health", healthy)
    parameter = document.initialised_parameter
    if agent.aws.parameter(parameter) is not None:
        return "healthy; the cluster was initialised before"
    value = json.dumps({"incarnation": document.incarnation, "time": f"{agent.now():%Y-%m-%dT%H:%M:%SZ}"})
    try:
        tags = document.own_tags
        agent.aws.call("ssm", "put_parameter", Name=parameter, Value=value, Type="String", Overwrite=False, Tags=tags)
    except ConflictError:
        return "healthy; another member has written down that the cluster is initialised"
    return f"healthy; wrote down in {parameter} that the cluster is initialised"
