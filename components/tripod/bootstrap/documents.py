"""Boot documents of a cluster: one for each role, built and serialised.

A document is named by its content and pointed to by user data.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from tripod.bootstrap.agent.instance.documents import (
    BootDocument,
    ControlPlaneDocument,
    ControlPlaneSecrets,
    Download,
    EncryptionAlgorithm,
    EtcdDocument,
    EtcdSecrets,
    ImageSupply,
    NodeLoss,
    SnapshotSettings,
    Supply,
    System,
    Taint,
    TopologyDocument,
    WorkerDocument,
)
from tripod.network.addresses import api_service_address, dns_service_address
from tripod.network.ranges import parse_range
from tripod.pki.secret_names import ClusterPaths, SecretName
from tripod.storage.layout import LATEST_SNAPSHOT, SNAPSHOT_PREFIX
from tripod.supply.binaries import downloads, etcd_binaries, node_binaries
from tripod.supply.images import KUBERNETES_REGISTRY, PAUSE_IMAGE, mirrored_image
from tripod.supply.spec import SupplySpec


@dataclass(frozen=True)
class CommonFacts:
    """Facts for every role's document.

    Attributes:
        cluster: the cluster's name.
        incarnation: the cluster's incarnation.
        region: its region.
        system: the operating system of the images.
        architectures: those of the images.
        sources: the settings of supply.
    """

    cluster: str
    incarnation: str
    region: str
    system: System
    architectures: tuple[str, ...]
    sources: SupplySpec

    def supply(self, binaries: Mapping[str, str]) -> Supply:
        """The downloads and images of a role.

        Args:
            binaries: binary → version.
        """
        found = downloads(binaries, self.sources.binaries, self.sources.digests, self.architectures)
        return Supply(
            {name: {one: Download(**source) for one, source in sources.items()} for name, sources in found.items()},
            image_supply(self.sources.images),
        )

    @property
    def paths(self) -> ClusterPaths:
        """The names of the cluster's secrets and parameters."""
        return ClusterPaths(self.cluster, self.incarnation)


def image_supply(mirrors: Mapping[str, str]) -> ImageSupply:
    """The sources of images, by the mirrors of their registries."""
    repository = mirrors.get(KUBERNETES_REGISTRY, KUBERNETES_REGISTRY)
    return ImageSupply(repository, mirrored_image(PAUSE_IMAGE, mirrors), dict(mirrors))


def etcd_document(
    common: CommonFacts, *, version: str, snapshot_bucket: str, snapshot_minutes: int, client_ca: str
) -> EtcdDocument:
    """Build the document of etcd's members.

    Args:
        common: facts for every role's document.
        version: etcd's version.
        snapshot_bucket: the bucket of snapshots.
        snapshot_minutes: minutes between two of them.
        client_ca: the certificate (PEM) of the authority that signs clients' certificates.
    """
    paths = common.paths
    return EtcdDocument(
        cluster=common.cluster,
        incarnation=common.incarnation,
        region=common.region,
        system=common.system,
        version=version,
        supply=common.supply(etcd_binaries(version)),
        token=paths.etcd_token,
        initialised_parameter=paths.initialised,
        secrets=EtcdSecrets(paths.secret(SecretName.ETCD_CA)),
        client_ca=client_ca,
        snapshots=SnapshotSettings(snapshot_bucket, SNAPSHOT_PREFIX, LATEST_SNAPSHOT, snapshot_minutes),
    )


def control_plane_document(  # noqa: PLR0913 - each a fact of its own, by name
    common: CommonFacts,
    *,
    version: str,
    endpoint: str,
    names: Iterable[str],
    pod_cidr: str,
    service_cidr: str,
    issuer: str,
    accepted_issuers: Iterable[str],
    etcd_ca: str,
    secrets_key: str,
    groups: Mapping[str, Iterable[str]],
    node_loss: NodeLoss,
    encryption_algorithm: EncryptionAlgorithm,
) -> ControlPlaneDocument:
    """Build the document of control-plane nodes.

    Args:
        common: facts for every role's document.
        version: Kubernetes' version.
        endpoint: the API's name and port.
        names: further names of the API, for its certificate.
        pod_cidr: the pods' range.
        service_cidr: the Services' range.
        issuer: the issuer of service-account tokens.
        accepted_issuers: further issuers whose tokens the API server accepts, while the issuer changes.
        etcd_ca: the certificate (PEM) of the authority that signs members' certificates.
        secrets_key: the ARN of the KMS key of parameters.
        groups: role of the API → the groups of people and pipelines that have it.
        node_loss: reaction to silent nodes.
        encryption_algorithm: of the keys that kubeadm makes.
    """
    services = parse_range(service_cidr)
    return ControlPlaneDocument(
        cluster=common.cluster,
        incarnation=common.incarnation,
        region=common.region,
        system=common.system,
        version=version,
        supply=common.supply(node_binaries(version, ecr=bool(common.sources.ecr_repositories))),
        endpoint=endpoint,
        dns_address=str(dns_service_address(services)),
        join_token_parameter=common.paths.join_token,
        names=tuple(sorted(names)),
        pod_cidr=pod_cidr,
        service_cidr=service_cidr,
        api_service_address=str(api_service_address(services)),
        issuer=issuer,
        accepted_issuers=tuple(accepted_issuers),
        etcd_ca=etcd_ca,
        secrets_key=secrets_key,
        groups={role: tuple(sorted(names)) for role, names in groups.items()},
        node_loss=node_loss,
        encryption_algorithm=encryption_algorithm,
        secrets=_control_plane_secrets(common.paths),
    )


def _control_plane_secrets(paths: ClusterPaths) -> ControlPlaneSecrets:
    return ControlPlaneSecrets(
        cluster_ca=paths.secret(SecretName.CLUSTER_CA),
        front_proxy_ca=paths.secret(SecretName.FRONT_PROXY_CA),
        etcd_client_ca=paths.secret(SecretName.ETCD_CLIENT_CA),
        service_accounts=paths.secret(SecretName.SERVICE_ACCOUNTS),
        encryption=paths.secret(SecretName.ENCRYPTION),
    )


def worker_document(
    common: CommonFacts,
    *,
    version: str,
    endpoint: str,
    certificate: str,
    service_cidr: str,
    labels: Mapping[str, str],
    taints: Iterable[Taint],
) -> WorkerDocument:
    """Build the document of a worker group.

    Args:
        common: facts for every role's document.
        version: the kubelet's version.
        endpoint: the API's name and port.
        certificate: the cluster CA's certificate (PEM).
        service_cidr: the Services' range.
        labels: its nodes' labels.
        taints: its nodes' taints.
    """
    return WorkerDocument(
        cluster=common.cluster,
        incarnation=common.incarnation,
        region=common.region,
        system=common.system,
        version=version,
        supply=common.supply(node_binaries(version, ecr=bool(common.sources.ecr_repositories))),
        endpoint=endpoint,
        dns_address=str(dns_service_address(parse_range(service_cidr))),
        join_token_parameter=common.paths.join_token,
        certificate=certificate,
        labels=dict(labels),
        taints=tuple(taints),
    )


def document_text(document: BootDocument | TopologyDocument) -> str:
    """Serialise a document: equal content is equal text."""
    return json.dumps(asdict(document), sort_keys=True, indent=1)


def digest(text: str) -> str:
    """The sha256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
