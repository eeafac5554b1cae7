"""Values of Cilium's chart."""

from ipaddress import IPv4Network

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject
from tripod.addons.framework.pods import EVERYWHERE, TENTH, resources, zone_spread
from tripod.security import ports

AGENT_METRICS, ENVOY_METRICS, OPERATOR_METRICS = 9962, 9964, 9963
"""Metrics ports on a node, scraped by that node's own collector: no security group allows them from elsewhere."""


def cilium_values(cluster: ClusterFacts, api_host: pulumi.Input[str], api_port: pulumi.Input[str]) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        api_host: the API's name; may be unknown.
        api_port: its port; may be unknown.
    """
    small = resources("10m", "32Mi", "128Mi")
    return {
        "image": image(cluster, "cilium"),
        "k8sServiceHost": api_host,
        "k8sServicePort": api_port,
        "kubeProxyReplacement": "true",
        # Pod traffic is encapsulated: the VPC sees only nodes' addresses, and needs no routes for pods.
        "routingMode": "tunnel",
        "tunnelProtocol": "vxlan",
        "tunnelPort": ports.CILIUM_VXLAN,
        "extraConfig": {"cluster-health-port": str(ports.CILIUM_HEALTH)},
        # Outside the cluster pods have their node's address, which databases allow.
        "enableIPv4Masquerade": True,
        "ipam": {"mode": "cluster-pool", "operator": pools(cluster.pod_cidr)},
        "cni": {"exclusive": True, "resources": small},
        "policyEnforcementMode": "default",
        # API servers run on nodes' networks: without this no range in a policy would match them.
        "policyCIDRMatchMode": ["nodes"],
        # The cloud controller creates load balancers.
        "enableLBIPAM": False,
        "defaultLBServiceIPAM": "none",
        "gatewayAPI": {"enabled": cluster.gateway, "enableProxyProtocol": cluster.gateway_proxy_protocol},
        "hubble": {"enabled": False},
        "prometheus": {"enabled": True, "port": AGENT_METRICS},
        "tolerations": EVERYWHERE,
        "resources": resources("100m", "300Mi", "1Gi"),
        "initResources": small,
        "cgroup": {"autoMount": {"resources": small}},
        # A change of configuration reaches the agents at once.
        "rollOutCiliumPods": True,
        "updateStrategy": TENTH,
        "envoy": {
            "image": image(cluster, "cilium-envoy"),
            "prometheus": {"enabled": True, "port": str(ENVOY_METRICS)},
            "resources": resources("50m", "128Mi", "512Mi"),
            "rollOutPods": True,
            "updateStrategy": TENTH,
        },
        "operator": operator(cluster),
    }


def operator(cluster: ClusterFacts) -> JsonObject:
    """Values of the operator, which allocates pod ranges: two replicas, on nodes ready or not."""
    match = {"io.cilium/app": "operator", "name": "cilium-operator"}
    return {
        "image": image(cluster, "operator"),
        "replicas": 2,
        "tolerations": EVERYWHERE,
        "topologySpreadConstraints": zone_spread(match),
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
        "prometheus": {"enabled": True, "port": OPERATOR_METRICS},
        "resources": resources("50m", "128Mi", "256Mi"),
        "rollOutPods": True,
    }


def image(cluster: ClusterFacts, name: str) -> JsonObject:
    """Values of one of Cilium's images. A mirror need not keep digests: the chart's are for the source."""
    source = f"quay.io/cilium/{name}"
    found = cluster.image(source)
    return {"repository": found} if found == source else {"repository": found, "useDigest": False}


def pools(pod_cidr: str) -> JsonObject:
    """IPAM settings: the size of each node's pod range.

    A node gets 256 addresses where that leaves room for 256 nodes, else 128: either is more than the 110 pods that
    a kubelet runs and the two addresses that Cilium keeps.
    """
    roomy = IPv4Network(pod_cidr).prefixlen <= 16
    return {"clusterPoolIPv4PodCIDRList": [pod_cidr], "clusterPoolIPv4MaskSize": 24 if roomy else 25}
