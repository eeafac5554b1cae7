"""What each role is told, as one document: names, versions, ranges and public certificates. No secret.

A document is named by its content and pointed to by user data. What changes while a cluster grows, the list of
etcd's members, is a document of its own, which no launch template names by content.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tripod.network.addresses import api_service_address, dns_service_address
from tripod.network.ranges import parse_range
from tripod.pki.secret_names import ClusterPaths, SecretName
from tripod.storage.layout import LATEST_SNAPSHOT, SNAPSHOT_PREFIX
from tripod.supply.binaries import downloads, etcd_binaries, node_binaries
from tripod.supply.images import image_supply
from tripod.supply.spec import SupplySpec

SCHEMA = 1
"""The documents' form. The agent refuses another."""


@dataclass(frozen=True)
class CommonFacts:
    """What every role is told.

    Attributes:
        cluster: the cluster's name.
        incarnation: which life of it.
        region: the region.
        system: the operating system of the images.
        architectures: those of the images.
        supply: where binaries and images come from.
    """

    cluster: str
    incarnation: str
    region: str
    system: str
    architectures: tuple[str, ...]
    supply: SupplySpec

    def fields(self, role: str, binaries: Mapping[str, str]) -> dict[str, Any]:
        """The fields that every document begins with.

        Args:
            role: whose it is.
            binaries: binary → version, of what it downloads.
        """
        found = downloads(binaries, self.supply.binaries, self.supply.digests, self.architectures)
        return {
            "schema": SCHEMA,
            "role": role,
            "cluster": self.cluster,
            "incarnation": self.incarnation,
            "region": self.region,
            "system": self.system,
            "supply": {"binaries": found, "images": image_supply(self.supply.images)},
        }

    @property
    def paths(self) -> ClusterPaths:
        """Where the cluster keeps what outlives its instances."""
        return ClusterPaths(self.cluster, self.incarnation)


def etcd_document(
    common: CommonFacts, *, version: str, snapshot_bucket: str, snapshot_minutes: int, client_ca: str
) -> dict[str, Any]:
    """What a member is told.

    Args:
        common: what every role is told.
        version: etcd's version.
        snapshot_bucket: where snapshots go.
        snapshot_minutes: minutes between two of them.
        client_ca: the certificate (PEM) that clients' certificates are signed with.
    """
    paths = common.paths
    return {
        **common.fields("etcd", etcd_binaries(version)),
        "version": version,
        "token": paths.etcd_token,
        "initialised_parameter": paths.initialised,
        "secrets": {"etcd_ca": paths.secret(SecretName.ETCD_CA)},
        "client_ca": client_ca,
        "snapshots": {
            "bucket": snapshot_bucket,
            "prefix": SNAPSHOT_PREFIX,
            "latest": LATEST_SNAPSHOT,
            "minutes": snapshot_minutes,
        },
    }


def control_plane_document(  # noqa: PLR0913 - each a fact of its own, by name
    common: CommonFacts,
    *,
    version: str,
    endpoint: str,
    names: Iterable[str],
    pod_cidr: str,
    service_cidr: str,
    issuer: str,
    etcd_ca: str,
    secrets_key: str,
    groups: Mapping[str, Iterable[str]],
    node_loss: Mapping[str, int],
) -> dict[str, Any]:
    """What a control-plane node is told.

    Args:
        common: what every role is told.
        version: Kubernetes' version.
        endpoint: the API's name and port.
        names: further names of the API, for its certificate.
        pod_cidr: the pods' range.
        service_cidr: the Services' range.
        issuer: the issuer of service-account tokens.
        etcd_ca: the certificate (PEM) that members' certificates are signed with.
        secrets_key: the ARN of the KMS key of parameters.
        groups: role of the API → the groups of people and pipelines that have it.
        node_loss: silent_seconds and toleration_seconds: how long nodes that are silent are waited for.
    """
    paths = common.paths
    services = parse_range(service_cidr)
    return {
        **common.fields("control-plane", node_binaries(version)),
        "version": version,
        "endpoint": endpoint,
        "names": sorted(names),
        "pod_cidr": pod_cidr,
        "service_cidr": service_cidr,
        "api_service_address": str(api_service_address(services)),
        "dns_address": str(dns_service_address(services)),
        "issuer": issuer,
        "etcd_ca": etcd_ca,
        "join_token_parameter": paths.join_token,
        "secrets_key": secrets_key,
        "groups": {role: sorted(names) for role, names in sorted(groups.items())},
        "node_loss": dict(node_loss),
        "secrets": {
            "cluster_ca": paths.secret(SecretName.CLUSTER_CA),
            "front_proxy_ca": paths.secret(SecretName.FRONT_PROXY_CA),
            "etcd_client_ca": paths.secret(SecretName.ETCD_CLIENT_CA),
            "service_accounts": paths.secret(SecretName.SERVICE_ACCOUNTS),
            "encryption": paths.secret(SecretName.ENCRYPTION),
        },
    }


def worker_document(
    common: CommonFacts,
    *,
    version: str,
    endpoint: str,
    certificate: str,
    service_cidr: str,
    labels: Mapping[str, str],
    taints: Iterable[Mapping[str, str]],
) -> dict[str, Any]:
    """What a worker is told.

    Args:
        common: what every role is told.
        version: the kubelet's version.
        endpoint: the API's name and port.
        certificate: the cluster CA's certificate (PEM).
        service_cidr: the Services' range.
        labels: its labels.
        taints: its taints: key, value, effect.
    """
    return {
        **common.fields("workers", node_binaries(version)),
        "version": version,
        "endpoint": endpoint,
        "certificate": certificate,
        "dns_address": str(dns_service_address(parse_range(service_cidr))),
        "join_token_parameter": common.paths.join_token,
        "labels": dict(labels),
        "taints": [dict(taint) for taint in taints],
    }


def topology_document(incarnation: str, survives: str, members: Mapping[str, str]) -> dict[str, Any]:
    """The members of etcd, and what their spread is to survive.

    Args:
        incarnation: which life of the cluster this is.
        survives: zone or node, as ``cluster.ha`` says.
        members: member → its address.
    """
    return {
        "schema": SCHEMA,
        "incarnation": incarnation,
        "survives": survives,
        "members": dict(sorted(members.items())),
    }


def document_text(document: Mapping[str, Any]) -> str:
    """A document's text: equal content is equal text."""
    return json.dumps(document, sort_keys=True, indent=1)


def digest(text: str) -> str:
    """The sha256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
