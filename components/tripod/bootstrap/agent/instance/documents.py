"""Boot documents and pointers: the library writes them, the agent reads them. No secret is in them.

Standard library only: the agent reads them before it has installed a package.
"""

from dataclasses import dataclass
from typing import Literal

SCHEMA = 1
"""The version of the documents' schema. The agent refuses another."""

System = Literal["ubuntu-24.04", "debian-12"]
EncryptionAlgorithm = Literal["RSA-2048", "ECDSA-P256"]


@dataclass(frozen=True)
class BootPointers:
    """User data of an instance: its role and name, and the addresses of what it fetches.

    Attributes:
        role: etcd, control-plane or workers.
        name: the member or worker group; empty for control-plane nodes.
        region: its region.
        payload: the payload bucket's address.
        agent: the boot agent's archive in that bucket; the key ends in its sha256.
        document: its role's document in that bucket; the key ends in its sha256.
        topology: the document of etcd's members in that bucket.
        metadata: the instance metadata service.
        endpoint: an emulator's address; empty for AWS itself.
    """

    role: str
    name: str
    region: str
    payload: str
    agent: str
    document: str
    topology: str
    metadata: str = "http://169.254.169.254"
    endpoint: str = ""


@dataclass(frozen=True)
class Download:
    """A file to download.

    Attributes:
        url: its address.
        sha256: its digest, in hexadecimal.
    """

    url: str
    sha256: str


def mirrored_key(sha256: str) -> str:
    """Key of a binary's copy in the payload bucket, named by its content; `tripod mirror` puts it there."""
    return f"boot/binaries/{sha256}"


@dataclass(frozen=True)
class ImageSupply:
    """Sources of container images.

    Attributes:
        repository: the registry of Kubernetes' own images.
        pause: the image of every pod's sandbox.
        mirrors: registry → the mirror that its images are pulled from.
    """

    repository: str
    pause: str
    mirrors: dict[str, str]


@dataclass(frozen=True)
class Supply:
    """Sources of binaries and images.

    Attributes:
        binaries: binary → architecture → download.
        images: sources of container images.
    """

    binaries: dict[str, dict[str, Download]]
    images: ImageSupply


@dataclass(frozen=True, kw_only=True)
class BootDocument:
    """Fields of every role's document.

    Attributes:
        schema: the version of the documents' schema.
        role: etcd, control-plane or workers.
        cluster: the cluster's name.
        incarnation: the cluster's incarnation.
        region: its region.
        system: the operating system.
        version: of etcd, or of Kubernetes.
        supply: sources of binaries and images.
    """

    schema: int = SCHEMA
    role: str
    cluster: str
    incarnation: str
    region: str
    system: System
    version: str
    supply: Supply

    @property
    def own_tags(self) -> list[dict[str, str]]:
        """Tags of what an instance makes in AWS: those by which the cluster's own resources are found."""
        tags = {
            "cluster": self.cluster,
            f"kubernetes.io/cluster/{self.cluster}": "owned",
            "tripod:incarnation": self.incarnation,
            "tripod:role": self.role,
        }
        return [{"Key": key, "Value": value} for key, value in tags.items()]


@dataclass(frozen=True)
class EtcdSecrets:
    """Names of a member's secrets."""

    etcd_ca: str


@dataclass(frozen=True)
class SnapshotSettings:
    """Snapshots of etcd.

    Attributes:
        bucket: their bucket.
        prefix: the prefix of their keys.
        latest: the key of the newest one's copy.
        minutes: minutes between two of them.
    """

    bucket: str
    prefix: str
    latest: str
    minutes: int


@dataclass(frozen=True, kw_only=True)
class EtcdDocument(BootDocument):
    """The document of etcd's members.

    Attributes:
        token: the cluster token of etcd.
        initialised_parameter: the SSM parameter that exists once a cluster was formed.
        secrets: names of secrets.
        client_ca: the certificate (PEM) of the authority that signs clients' certificates.
        snapshots: snapshots of etcd.
    """

    role: Literal["etcd"] = "etcd"
    token: str
    initialised_parameter: str
    secrets: EtcdSecrets
    client_ca: str
    snapshots: SnapshotSettings


@dataclass(frozen=True, kw_only=True)
class KubernetesDocument(BootDocument):
    """Fields of the documents of Kubernetes nodes.

    Attributes:
        endpoint: the API's name and port.
        dns_address: the address of the cluster's DNS service.
        join_token_parameter: the SSM parameter of the join token.
    """

    endpoint: str
    dns_address: str
    join_token_parameter: str


@dataclass(frozen=True)
class ControlPlaneSecrets:
    """Names of a control-plane node's secrets."""

    cluster_ca: str
    front_proxy_ca: str
    etcd_client_ca: str
    service_accounts: str
    encryption: str


@dataclass(frozen=True)
class NodeLoss:
    """Reaction to silent nodes.

    Attributes:
        silent_seconds: seconds without a heartbeat after which a node counts as lost.
        toleration_seconds: seconds that pods are then left on it.
    """

    silent_seconds: int
    toleration_seconds: int


@dataclass(frozen=True, kw_only=True)
class ControlPlaneDocument(KubernetesDocument):
    """The document of control-plane nodes.

    Attributes:
        names: further names of the API, for its certificate.
        pod_cidr: the pods' range.
        service_cidr: the Services' range.
        api_service_address: the address of the Service of the API.
        issuer: the issuer of service-account tokens.
        accepted_issuers: further issuers whose tokens the API server accepts, while the issuer changes.
        etcd_ca: the certificate (PEM) of the authority that signs members' certificates.
        secrets_key: the ARN of the KMS key of parameters.
        groups: role of the API → the groups of people and pipelines that have it.
        node_loss: reaction to silent nodes.
        encryption_algorithm: of the keys that kubeadm makes.
        secrets: names of secrets.
    """

    role: Literal["control-plane"] = "control-plane"
    names: tuple[str, ...]
    pod_cidr: str
    service_cidr: str
    api_service_address: str
    issuer: str
    accepted_issuers: tuple[str, ...]
    etcd_ca: str
    secrets_key: str
    groups: dict[str, tuple[str, ...]]
    node_loss: NodeLoss
    encryption_algorithm: EncryptionAlgorithm
    secrets: ControlPlaneSecrets


@dataclass(frozen=True)
class Taint:
    """A node's taint; an empty value is left out."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, kw_only=True)
class WorkerDocument(KubernetesDocument):
    """The document of a worker group.

    Attributes:
        certificate: the cluster CA's certificate (PEM).
        labels: its nodes' labels.
        taints: its nodes' taints.
    """

    role: Literal["workers"] = "workers"
    certificate: str
    labels: dict[str, str]
    taints: tuple[Taint, ...]


@dataclass(frozen=True)
class TopologyDocument:
    """The members of etcd. It changes while a cluster grows, so no launch template names it by content.

    Attributes:
        incarnation: the cluster's incarnation.
        survives: zone or node, as ``cluster.ha`` says.
        members: member → its address.
        schema: the version of the documents' schema.
    """

    incarnation: str
    survives: str
    members: dict[str, str]
    schema: int = SCHEMA
