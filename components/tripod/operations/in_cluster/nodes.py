"""Nodes and what runs on them."""

from collections import Counter
from collections.abc import Iterator

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.core.text import count_of
from tripod.operations.in_cluster.view import ZONE, ClusterView, is_ready, labels, list_at, name_of, value_at
from tripod.operations.verify.check import Failed, Finding, Passed, check

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def _zones(nodes: list[JsonObject]) -> Counter[str]:
    return Counter(labels(node).get(ZONE, "no zone") for node in nodes)


@check("nodes-ready", "Every node is ready, in the zones that it should be", 32, 51)
def nodes_ready(view: ClusterView) -> Iterator[Finding]:
    """Ready nodes of both kinds, in two zones or more where a zone may fail."""
    nodes = view.objects("v1", "Node")
    for node in nodes:
        if not is_ready(node):
            yield Failed(name_of(node), "not Ready", "`kubectl describe node`: replace it if it does not come back")
    for kind, some in (
        ("control-plane nodes", [one for one in nodes if CONTROL_PLANE in labels(one)]),
        ("workers", [one for one in nodes if CONTROL_PLANE not in labels(one)]),
    ):
        zones = _zones([node for node in some if is_ready(node)])
        if len(zones) < (2 if view.survives == "zone" else 1):
            yield Failed(kind, f"ready in {', '.join(zones) or 'no zone'}", "see the group's scaling activities")
        else:
            yield Passed(f"{kind} " + ", ".join(f"{zone} {number}" for zone, number in sorted(zones.items())))


@check("daemon-sets", "Each DaemonSet has its pod on every node", 28, 29)
def daemon_sets(view: ClusterView) -> Iterator[Finding]:
    """As many pods ready as nodes want one."""
    sets = view.objects("apps/v1", "DaemonSet")
    for one in sets:
        wanted, ready = (value_at(one, "status", key) or 0 for key in ("desiredNumberScheduled", "numberReady"))
        if ready < wanted or not wanted:
            yield Failed(name_of(one), f"{ready} of {wanted} ready", "`kubectl describe daemonset`, then its pods")
    yield Passed(count_of(len(sets), "DaemonSet") + " complete")


@check("deployments", "Each Deployment has its replicas", 24, 30)
def deployments(view: ClusterView) -> Iterator[Finding]:
    """As many replicas available as are asked for."""
    found = view.objects("apps/v1", "Deployment")
    for one in found:
        wanted, there = one["spec"].get("replicas", 1), value_at(one, "status", "availableReplicas") or 0
        if there < wanted:
            yield Failed(name_of(one), f"{there} of {wanted} available", "`kubectl describe deployment`, then its pods")
    yield Passed(f"{count_of(len(found), 'Deployment')} complete")


@check("restarts", "No container has been restarted many times", 29)
def restarts(view: ClusterView) -> Iterator[Finding]:
    """Self-healing hides faults: each container with many restarts is named."""
    pods = view.objects("v1", "Pod")
    for pod in pods:
        for container in list_at(pod, "status", "containerStatuses"):
            if container["restartCount"] > MANY_RESTARTS:
                yield Failed(
                    f"{name_of(pod)} {container['name']}",
                    f"{container['restartCount']} restarts, {_last(container)}",
                    "`kubectl logs --previous`",
                )
    yield Passed(f"{count_of(len(pods), 'pod')} checked")


MANY_RESTARTS = 10


def _last(container: JsonMapping) -> str:
    return f"the last for {value_at(container, 'lastState', 'terminated', 'reason') or 'no stated reason'}"


CHECKS = (nodes_ready, daemon_sets, deployments, restarts)
