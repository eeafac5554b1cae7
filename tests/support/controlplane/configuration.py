"""What the processes of the tests are configured with: the tests' own, until the product's takes its place here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from support.controlplane.authority import Issued
from tripod.versions import KUBERNETES

ETCD_PKI = "/etc/etcd/pki"
ETCD_DATA = "/var/lib/etcd"

API_NAME = "api.harness.internal"
"""The name under which clients reach the API servers; nothing resolves it here."""


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


def kubeadm(name: str, address: IPv4Address, members: Sequence[str]) -> str:
    """kubeadm's configuration of a control-plane node.

    Args:
        name: the node.
        address: its address.
        members: the etcd members' addresses.
    """
    etcd = ", ".join(f'"https://{one}:2379"' for one in members)
    return f"""\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {{advertiseAddress: {address}, bindPort: 6443}}
nodeRegistration:
  name: {name}
  criSocket: unix:///run/containerd/containerd.sock
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: harness
kubernetesVersion: v{KUBERNETES}
controlPlaneEndpoint: "{API_NAME}:6443"
dns: {{disabled: true}}
proxy: {{disabled: true}}
networking: {{serviceSubnet: 10.96.0.0/16, podSubnet: 10.244.0.0/16, dnsDomain: cluster.local}}
etcd:
  external:
    endpoints: [{etcd}]
    caFile: /etc/kubernetes/pki/etcd/ca.crt
    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt
    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key
apiServer:
  certSANs: [{API_NAME}, 127.0.0.1, localhost]
"""
