"""What members of etcd are configured with where a test is about etcd itself; the product's own are in `agent`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from support.controlplane.authority import Issued

ETCD_PKI = "/etc/etcd/pki"
ETCD_DATA = "/var/lib/etcd"


@dataclass(frozen=True)
class MemberConfiguration:
    """What a member is started with.

    Attributes:
        command: its command line.
        files: path → content of each file that it reads.
        data: the folder that a lost volume takes with it.
        environment: its variables.
    """

    command: Sequence[str]
    files: Mapping[str, str | bytes]
    data: str = ETCD_DATA
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class MemberCertificates:
    """What a member shows, and whom it trusts.

    Attributes:
        callers: the authorities of those that may call it: API servers, and members, which manage one another.
        members: the authority of members.
        server: what it shows its callers.
        peer: what it shows members.
    """

    callers: bytes
    members: bytes
    server: Issued
    peer: Issued


def member(
    name: str,
    members: Mapping[str, IPv4Address],
    certificates: MemberCertificates,
    *,
    state: str = "new",
    extra: Sequence[str] = (),
) -> MemberConfiguration:
    """A member of a cluster.

    Args:
        name: which one it is.
        members: name → address of all.
        certificates: its certificates.
        state: `new`, or `existing` where it was added to a running cluster.
        extra: what a test has it do otherwise.
    """
    address = members[name]
    cluster = ",".join(f"{one}=https://{where}:2380" for one, where in members.items())
    command = (
        "etcd",
        f"--name={name}",
        f"--data-dir={ETCD_DATA}",
        f"--listen-peer-urls=https://{address}:2380",
        f"--initial-advertise-peer-urls=https://{address}:2380",
        f"--listen-client-urls=https://{address}:2379,https://127.0.0.1:2379",
        f"--advertise-client-urls=https://{address}:2379",
        f"--initial-cluster={cluster}",
        "--initial-cluster-token=harness",
        f"--initial-cluster-state={state}",
        "--client-cert-auth",
        f"--trusted-ca-file={ETCD_PKI}/client-ca.crt",
        f"--cert-file={ETCD_PKI}/server.crt",
        f"--key-file={ETCD_PKI}/server.key",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={ETCD_PKI}/peer-ca.crt",
        f"--peer-cert-file={ETCD_PKI}/peer.crt",
        f"--peer-key-file={ETCD_PKI}/peer.key",
        "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true",
        *extra,
    )
    files: dict[str, str | bytes] = {
        "client-ca.crt": certificates.callers,
        "peer-ca.crt": certificates.members,
        "server.crt": certificates.server.certificate,
        "server.key": certificates.server.key,
        "peer.crt": certificates.peer.certificate,
        "peer.key": certificates.peer.key,
    }
    return MemberConfiguration(command, {f"{ETCD_PKI}/{file}": content for file, content in files.items()})
