"""A cluster whose control plane the product's boot agent has made, on real etcd and real servers."""

import base64
import json
import ssl
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.agent import kubernetes_nodes
from support.agent.emulated_ec2 import launch
from support.agent.instance import PAYLOAD_BUCKET, REGION, SESSION, aws, emulated, put_topology
from support.controlplane.authority import Authority, Usage
from support.controlplane.caller import Caller
from support.controlplane.etcd.client import Credentials
from support.controlplane.etcd.members import EtcdCluster
from support.controlplane.kubernetes_agent import BootedNode, ControlPlaneHost, InstanceHost
from support.controlplane.network import MEMBERS, Network, node_address
from support.controlplane.nodes import ControlPlaneNode
from tripod.bootstrap.agent.control_plane import role as control_plane
from tripod.bootstrap.agent.control_plane.csr_approver import Approver
from tripod.bootstrap.agent.instance.documents import NodeLoss
from tripod.bootstrap.agent.node.kubectl import Kubectl, own_api

GROUPS = {"viewer": ["team:viewers"], "operator": ["team:ops"], "deployer": ["team:apps"], "ci-preview": ["ci"]}
SILENT_SECONDS, TOLERATION_SECONDS = 20, 5
"""The waits for silent nodes: the shortest that a stack file may set, and a short one."""
TAGS = {"cluster": "demo", "kubernetes.io/cluster/demo": "owned"}
API_HOST = kubernetes_nodes.ENDPOINT.partition(":")[0]
WORKER_ADDRESS = node_address(1) + 1
SPARE_ZONE = 2
"""Two zones have a node at first; in the third, tests may make one."""


@dataclass
class Cluster:
    """Three members of etcd, two control-plane nodes and a worker that has not joined.

    Attributes:
        network: where they are.
        folder: where a test's credentials go.
        etcd: the members.
        authority: signs everybody's certificates.
        secrets: the cluster's secrets.
        nodes: the control-plane nodes.
        worker: the worker.
        spares: how many further nodes there have been.
    """

    network: Network
    folder: Path
    etcd: EtcdCluster
    authority: Authority
    secrets: kubernetes_nodes.Secrets
    nodes: list[BootedNode]
    worker: BootedNode
    spares: int = 0

    @property
    def api(self) -> Kubectl:
        """The first node's API server, as an administrator."""
        return own_api(self.nodes[0].agent())

    @property
    def servers(self) -> list[ControlPlaneNode]:
        """The servers of each control-plane node."""
        return [control_plane_of(node) for node in self.nodes]

    @property
    def starts(self) -> list[dict[str, int]]:
        """Component → how often it was started, on each control-plane node."""
        return [dict(node.host.starts) for node in self.nodes if isinstance(node.host, ControlPlaneHost)]

    def approve(self) -> list[str]:
        """Have the first node decide on what is pending."""
        return Approver(self.nodes[0].agent(), self.api).decide_pending()

    def caller(
        self, name: str, groups: Iterable[str] = (), server: int = 0, signed_by: Authority | None = None
    ) -> Caller:
        """A caller with a certificate, by default one of the cluster's authority.

        Args:
            name: whom it names.
            groups: the groups that it names.
            server: which node's API server it calls.
            signed_by: who signed it.
        """
        issued = (signed_by or self.authority).issue(name, [Usage.CLIENT], groups=groups)
        shown = Credentials.written(self.folder, name.replace(":", "-"), self.authority.certificate, issued)
        return Caller(self.address(server), shown.context())

    def bearer(self, token: str, server: int = 0) -> Caller:
        """A caller with a token; anonymous with an empty one."""
        context = ssl.create_default_context(cadata=self.authority.certificate.decode())
        return Caller(self.address(server), context, token)

    def address(self, server: int) -> str:
        """The address of a control-plane node."""
        return str(self.nodes[server].host.instance.address)

    def spare_node(self, **document: Any) -> BootedNode:
        """A further control-plane node that has not booted; given back with `network.give_up`.

        Args:
            **document: changes of its document.
        """
        self.spares += 1
        return make_node(self.network, SPARE_ZONE, f"spare-{self.spares}", **document)

    def stored(self, prefix: str = "/registry/secrets/") -> dict[str, bytes]:
        """Key → value of what etcd holds below a prefix, before an API server decrypts it."""
        found = self.etcd.leader().etcdctl("get", "--prefix", prefix).get("kvs", [])
        return {base64.b64decode(one["key"]).decode(): base64.b64decode(one["value"]) for one in found}


def control_plane_of(node: BootedNode) -> ControlPlaneNode:
    """The servers of a control-plane node."""
    assert isinstance(node.host, ControlPlaneHost)
    return node.host.node


def launched(role: str) -> dict[str, Any]:
    """An instance of the cluster in the emulated account."""
    return launch({**TAGS, "tripod:role": role})


def put_secrets(network: Network, authority: Authority) -> kubernetes_nodes.Secrets:
    """The cluster's secrets in the emulated account."""
    made = kubernetes_nodes.make_secrets()
    for name, signer in (("cluster-ca", authority), ("etcd-client-ca", network.client_authority)):
        pair = signer.pair
        made[name].update(certificate=pair.certificate.decode(), private_key=pair.key.decode())
    for name, value in made.values.items():
        aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
    aws("kms").create_alias(
        AliasName=kubernetes_nodes.SECRETS_KEY, TargetKeyId=aws("kms").create_key()["KeyMetadata"]["KeyId"]
    )
    return made


def make_node(network: Network, zone: int, name: str, **changes: Any) -> BootedNode:
    """A control-plane node that has not booted."""
    document = kubernetes_nodes.control_plane(
        etcd_ca=network.etcd_authority.certificate.decode(),
        groups=GROUPS,
        node_loss=NodeLoss(SILENT_SECONDS, TOLERATION_SECONDS),
        encryption_algorithm="RSA-2048",
        **changes,
    )
    instance = network.instance(name, node_address(zone))
    # Who asks for a name learns at once that nobody knows it.
    instance.write({"/etc/resolv.conf": "nameserver 127.0.0.1\n"}, 0o644)
    host = ControlPlaneHost(instance.root, instance=instance, node=ControlPlaneNode(instance))
    return BootedNode(host, launched("control-plane")["InstanceId"], document)


def make_worker(
    network: Network, authority: Authority, name: str, address: IPv4Address, api: IPv4Address
) -> BootedNode:
    """A worker that has not booted; the API's name leads it to one of the servers."""
    instance = network.instance(name, address)
    instance.write({"/etc/hosts": f"{api} {API_HOST}\n"}, 0o644)
    document = kubernetes_nodes.worker(certificate=authority.certificate.decode())
    return BootedNode(InstanceHost(instance.root, instance=instance), launched("workers")["InstanceId"], document)


@contextmanager
def running_cluster(folder: Path, programs: Path, measured: Callable[[str], None]) -> Generator[Cluster]:
    """Boot a cluster, and take it away in the end.

    Args:
        folder: where its instances' logs go.
        programs: the binaries.
        measured: notes the time it took.
    """
    network, authority = Network(folder, programs), Authority("kubernetes")
    with pytest.MonkeyPatch.context() as patch, emulated():
        patch.setattr(boto3, "DEFAULT_SESSION", SESSION)
        aws("s3").create_bucket(Bucket=PAYLOAD_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        put_topology({name: str(address) for name, address in MEMBERS.items()})
        try:
            etcd = network.etcd()
            etcd.start()
            secrets = put_secrets(network, authority)
            booted: list[BootedNode] = []
            for number in range(2):
                booted.append(make_node(network, number, f"control-{number}"))
                started = datetime.now(UTC)
                booted[-1].boot(control_plane.PHASES)
                took = (datetime.now(UTC) - started).total_seconds()
                measured(f"agent: control-plane node {number} up {took:.1f} s after its binaries")
            worker = make_worker(network, authority, "worker-0", WORKER_ADDRESS, node_address(0))
            yield Cluster(network, folder, etcd, authority, secrets, booted, worker)
        finally:
            network.close()
