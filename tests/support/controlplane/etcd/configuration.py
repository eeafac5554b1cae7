"""Configuration of members where a test is about etcd itself; `etcd_agent` has the product's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from support.controlplane.authority import Issued

ETCD_PKI = "/etc/etcd/pki"
ETCD_DATA = "/var/lib/etcd"


@dataclass(frozen=True)
class MemberConfiguration:
    """Command line and files of a member.

    Attributes:
        command: its command line.
        files: path → content of each file that it reads.
    """

    command: Sequence[str]
    files: Mapping[str, str | bytes]


def member(
    name: str,
    members: Mapping[str, IPv4Address],
    own: Issued,
    *,
    callers: bytes,
    peers: bytes,
    extra: Sequence[str] = (),
) -> MemberConfiguration:
    """The configuration of a member of a new cluster.

    Args:
        name: which one it is.
        members: name → address of all.
        own: the certificate that it shows its callers and members.
        callers: the authorities of those that may call it: API servers, and members, which manage one another.
        peers: the authority of members.
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
        "--client-cert-auth",
        f"--trusted-ca-file={ETCD_PKI}/client-ca.crt",
        f"--cert-file={ETCD_PKI}/member.crt",
        f"--key-file={ETCD_PKI}/member.key",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={ETCD_PKI}/peer-ca.crt",
        f"--peer-cert-file={ETCD_PKI}/member.crt",
        f"--peer-key-file={ETCD_PKI}/member.key",
        "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true",
        *extra,
    )
    files: dict[str, str | bytes] = {
        "client-ca.crt": callers,
        "peer-ca.crt": peers,
        "member.crt": own.certificate,
        "member.key": own.key,
    }
    return MemberConfiguration(command, {f"{ETCD_PKI}/{file}": content for file, content in files.items()})
