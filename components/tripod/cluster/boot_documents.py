"""Boot documents of a cluster's roles, from its specification and values that only AWS has."""

from collections.abc import Mapping
from typing import Any

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


def role_documents(spec: ClusterSpec, known: Mapping[str, Any]) -> dict[str, str]:
    """Render each role's document: name → text.

    Args:
        spec: the cluster's specification.
        known: incarnation, certificates (purpose → PEM), snapshot_bucket, secrets_key, endpoint, public_name, issuer.
    """
    common = CommonFacts(
        spec.cluster.name,
        known["incarnation"],
        spec.region,
        spec.images.system,
        tuple(spec.images.by_architecture()),
        spec.supply,
    )
    certificates: Mapping[str, str] = known["certificates"]
    node_loss = spec.control_plane.node_loss
    documents: dict[str, BootDocument] = {
        "etcd": etcd_document(
            common,
            version=spec.versions.etcd,
            snapshot_bucket=known["snapshot_bucket"],
            snapshot_minutes=spec.etcd.snapshots.interval_minutes,
            client_ca=certificates[SecretName.ETCD_CLIENT_CA],
        ),
        "control-plane": control_plane_document(
            common,
            version=spec.versions.kubernetes,
            endpoint=known["endpoint"],
            names=[known["public_name"]] if known["public_name"] else [],
            pod_cidr=spec.network.pod_cidr,
            service_cidr=spec.network.service_cidr,
            issuer=known["issuer"],
            etcd_ca=certificates[SecretName.ETCD_CA],
            secrets_key=known["secrets_key"],
            groups=spec.access.groups,
            node_loss=NodeLoss(node_loss.silent_seconds, node_loss.toleration_seconds),
        ),
    }
    for group in spec.workers:
        documents[f"workers-{group.name}"] = worker_document(
            common,
            version=spec.versions.kubelet,
            endpoint=known["endpoint"],
            certificate=certificates[SecretName.CLUSTER_CA],
            service_cidr=spec.network.service_cidr,
            labels=group.labels,
            taints=[Taint(taint.key, taint.value, taint.effect) for taint in group.taints],
        )
    return {name: document_text(document) for name, document in documents.items()}
