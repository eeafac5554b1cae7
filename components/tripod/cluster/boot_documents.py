"""Boot documents of a cluster's roles, from its specification and values that only AWS has."""

from collections.abc import Mapping
from dataclasses import dataclass

from tripod.bootstrap.agent.instance.documents import BootDocument, NodeLoss, Taint
from tripod.bootstrap.documents import (
    CommonFacts,
    control_plane_document,
    document_text,
    etcd_document,
    worker_document,
)
from tripod.cluster.spec import ClusterSpec
from tripod.pki.secret_names import SecretName


@dataclass(frozen=True)
class DeployedFacts:
    """Values of deployed resources.

    Attributes:
        incarnation: the cluster's incarnation.
        certificates: purpose → certificate of the authority (PEM).
        snapshot_bucket: the bucket of snapshots.
        secrets_key: the ARN of the KMS key of parameters.
        endpoint: the API's name and port.
        public_name: the DNS name of the API's public load balancer, if it has one.
        issuer: the issuer of service-account tokens.
        accepted_issuers: further issuers whose tokens the API server accepts, while the issuer changes.
    """

    incarnation: str
    certificates: Mapping[str, str]
    snapshot_bucket: str
    secrets_key: str
    endpoint: str
    public_name: str | None
    issuer: str
    accepted_issuers: tuple[str, ...] = ()


def role_documents(spec: ClusterSpec, facts: DeployedFacts) -> dict[str, str]:
    """Render each role's document: name → text."""
    common = CommonFacts(
        spec.cluster.name,
        facts.incarnation,
        spec.region,
        spec.images.system,
        tuple(spec.images.by_architecture()),
        spec.supply,
    )
    certificates = facts.certificates
    node_loss = spec.control_plane.node_loss
    documents: dict[str, BootDocument] = {
        "etcd": etcd_document(
            common,
            version=spec.versions.etcd,
            snapshot_bucket=facts.snapshot_bucket,
            snapshot_minutes=spec.etcd.snapshots.interval_minutes,
            client_ca=certificates[SecretName.ETCD_CLIENT_CA],
        ),
        "control-plane": control_plane_document(
            common,
            version=spec.versions.kubernetes,
            endpoint=facts.endpoint,
            names=[facts.public_name] if facts.public_name else [],
            pod_cidr=spec.network.pod_cidr,
            service_cidr=spec.network.service_cidr,
            issuer=facts.issuer,
            accepted_issuers=facts.accepted_issuers,
            etcd_ca=certificates[SecretName.ETCD_CA],
            secrets_key=facts.secrets_key,
            groups=spec.access.groups,
            node_loss=NodeLoss(node_loss.silent_seconds, node_loss.toleration_seconds),
            encryption_algorithm=spec.control_plane.encryption_algorithm,
        ),
    }
    for group in spec.workers:
        documents[f"workers-{group.name}"] = worker_document(
            common,
            version=spec.versions.kubelet,
            endpoint=facts.endpoint,
            certificate=certificates[SecretName.CLUSTER_CA],
            service_cidr=spec.network.service_cidr,
            labels=group.labels,
            taints=[Taint(taint.key, taint.value, taint.effect) for taint in group.taints],
        )
    return {name: document_text(document) for name, document in documents.items()}
