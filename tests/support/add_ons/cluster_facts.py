"""Facts of a cluster for tests of add-ons."""

from typing import Any

from tripod.addons.framework.cluster_facts import ClusterFacts

ACCOUNT = "123456789012"
API_HOST = "api.shop.internal"

MIRRORS = {
    "registry.k8s.io": "mirror.example.com/k8s",
    "quay.io": "mirror.example.com/quay",
    "public.ecr.aws": "mirror.example.com/ecr",
}
"""A mirror of every registry that the cluster's own add-ons are pulled from."""

EVERY_MIRROR = {
    **MIRRORS,
    "docker.io": "mirror.example.com/hub",
    "ghcr.io": "mirror.example.com/github",
    "gcr.io": "mirror.example.com/google",
    "cr.fluentbit.io": "mirror.example.com/fluentbit",
}
"""A mirror of every registry that anything in the cluster is pulled from."""


def cluster_args(**changes: Any) -> dict[str, Any]:
    """Plain facts of a cluster, as arguments of add-ons."""
    return {
        "cluster_name": "shop",
        "environment": "production",
        "region": "us-west-2",
        "zones": ["us-west-2a", "us-west-2b", "us-west-2c"],
        "tags": {"project": "shop", "owner": "shop-team", "environment": "production"},
        "vpc_cidr": "10.20.0.0/16",
        "pod_cidr": "100.64.0.0/14",
        "service_cidr": "100.80.0.0/16",
        "node_ranges": ["10.20.64.0/20", "10.20.80.0/20", "10.20.96.0/20"],
        "control_ranges": ["10.20.192.0/22", "10.20.196.0/22", "10.20.200.0/22"],
        "cni": "cilium",
        "kubernetes": "1.36.4",
        "ha": "zone",
        "etcd_members": {"0-0": "10.20.192.16"},
        "etcd_metrics": True,
        "api_endpoint": f"{API_HOST}:6443",
        "vpc_id": "vpc-1",
        "issuer_url": "https://issuer.example.com",
        "issuer_provider_arn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example.com",
        "volume_key_arn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1",
        **changes,
    }


def cluster_facts(**changes: Any) -> ClusterFacts:
    return ClusterFacts.of(cluster_args(**changes))
