"""Facts of a cluster for its add-ons."""

from collections.abc import Mapping

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.cluster.spec import ClusterSpec
from tripod.control_plane.endpoint import ApiEndpoint
from tripod.core.naming import API_LABEL
from tripod.encryption.keys import EncryptionKeys
from tripod.iam.issuer import OidcIssuer
from tripod.network.parts import NetworkParts
from tripod.storage.component import ClusterStorage


def cluster_facts(
    spec: ClusterSpec,
    network: NetworkParts,
    members: Mapping[str, str],
    endpoint: ApiEndpoint,
    issuer: OidcIssuer,
    keys: EncryptionKeys,
    storage: ClusterStorage,
) -> ClusterFacts:
    """Collect the facts of a cluster from its parts.

    Args:
        spec: the cluster's specification.
        network: its VPC, zones and ranges.
        members: member of etcd → its address.
        endpoint: the address of its API.
        issuer: the OIDC issuer of its service accounts.
        keys: its keys.
        storage: its buckets.
    """
    return ClusterFacts(
        cluster_name=spec.cluster.name,
        environment=spec.cluster.environment,
        region=spec.region,
        zones=tuple(zone.zone for zone in network.zones),
        tags=spec.cluster.all_tags(),
        vpc_cidr=spec.network.cidr,
        pod_cidr=spec.network.pod_cidr,
        service_cidr=spec.network.service_cidr,
        node_ranges=tuple(str(zone.nodes_range) for zone in network.zones),
        control_ranges=tuple(str(zone.control_range) for zone in network.zones),
        cni=spec.network.cni,
        load_balancers=spec.network.load_balancer_kinds,
        kubernetes=spec.versions.kubernetes,
        ha=spec.cluster.ha,
        etcd_members=dict(members),
        etcd_metrics=spec.etcd.metrics,
        image_mirrors=dict(spec.supply.images),
        api_endpoint=pulumi.Output.from_input(endpoint.endpoint),
        vpc_id=network.vpc_id,
        issuer_url=issuer.url,
        issuer_provider_arn=issuer.provider_arn,
        accepted_providers=issuer.accepted_providers,
        volume_key_arn=keys.storage_key_arn,
        internal_zone=spec.internal_zone,
        internal_zone_id=endpoint.zone_id,
        reserved_names=(f"{API_LABEL}.{spec.internal_zone}",),
        snapshot_bucket=storage.snapshot_bucket,
        control_plane_nodes=spec.control_plane.per_zone * len(network.zones),
        tunnel_port=spec.access.tunnel_port if spec.access.mode == "ssm-tunnel" else 0,
    )
