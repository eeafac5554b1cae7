"""Network policies of collectors and exporters."""

from collections.abc import Mapping, Sequence
from typing import Any

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import network_policy, ports, ranges, to_internet
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import selector
from tripod.addons.metrics.backends import MetricBackend
from tripod.addons.metrics.otel_collector import CLUSTER, NODES
from tripod.addons.metrics.scrapes import CLOUDWATCH_PORT, NODE_EXPORTER_PORT, STATE_PORT
from tripod.addons.telemetry.common import api_egress_rules
from tripod.addons.telemetry.jobs import BACKUP_CHECK, NAMESPACE
from tripod.security.ports import ETCD_CLIENT, ETCD_METRICS, HTTPS, KUBELET


def collector_policies(cluster: ClusterFacts, backends: Sequence[MetricBackend]) -> list[Manifest]:
    """Egress policies of the collectors; the one on control-plane nodes is in the node's network, beyond policies.

    Args:
        cluster: facts of the cluster.
        backends: the metric back ends.
    """
    calls = [rule for backend in backends for rule in backend.egress]
    # Roles in AWS are assumed at its token service.
    calls += [_to_aws()] if any(backend.policy for backend in backends) else []
    nodes = ranges(*cluster.node_ranges, *cluster.control_ranges)
    members = {"to": ranges(*cluster.control_ranges), "ports": ports(ETCD_CLIENT, ETCD_METRICS)}
    exporters = [
        {"to": [{"podSelector": {"matchLabels": selector(name)}}], "ports": ports(port)}
        for name, port in (("kube-state-metrics", STATE_PORT), ("cloudwatch-exporter", CLOUDWATCH_PORT))
    ]
    return [
        network_policy(
            NODES,
            NAMESPACE,
            selector(NODES),
            egress=[
                *api_egress_rules(cluster),
                {"to": nodes, "ports": ports(KUBELET, NODE_EXPORTER_PORT)},
                # Annotated pods on its node, at any port.
                {"to": [{"namespaceSelector": {}}]},
                *calls,
            ],
        ),
        network_policy(CLUSTER, NAMESPACE, selector(CLUSTER), egress=[members, *exporters, *calls]),
    ]


def exporter_policy(name: str, port: int, egress: Sequence[Mapping[str, Any]]) -> Manifest:
    """The policy of an exporter: ingress from the cluster's collector.

    Args:
        name: its name.
        port: its metrics port.
        egress: its egress rules.
    """
    collector = {"from": [{"podSelector": {"matchLabels": selector(CLUSTER)}}], "ports": ports(port)}
    return network_policy(name, NAMESPACE, selector(name), ingress=[collector], egress=egress)


def aws_policy(name: str = BACKUP_CHECK) -> Manifest:
    """The policy of pods that call AWS, without ingress."""
    return network_policy(name, NAMESPACE, selector(name), ingress=[], egress=[_to_aws()])


def _to_aws() -> JsonObject:
    return {"to": to_internet(), "ports": ports(HTTPS)}
