"""Rules across objects: spread replicas with a budget, one load balancer, network policies for every pod."""

from collections.abc import Iterator, Sequence

from support.add_ons.manifest_rules.policy import (
    LONG_RUNNING,
    Object,
    PolicyContext,
    listed,
    path_of,
    pod_of,
    problem,
    section,
    selects,
)
from tripod.addons.framework.pods import ZONE
from tripod.core.problems import Problem


def replica_problems(objects: Sequence[Object], context: PolicyContext) -> Iterator[Problem]:
    """Find replicas without a spread over zones or a disruption budget.

    Args:
        objects: all objects of one cluster or chart.
        context: settings of the rules.
    """
    for one in objects:
        pod, place = pod_of(one), path_of(one)
        if pod is None or one["kind"] not in ("Deployment", "StatefulSet") or _replicas(one, objects) < 2:
            continue
        if not _spread(pod) and context.applies("spread", place):
            yield problem(place, "topologySpreadConstraints", "none over zones", f"one over {ZONE}", "use zone_spread")
        if not _budgeted(one, objects) and context.applies("budget", place):
            yield problem(
                place, "PodDisruptionBudget", "none", "one that selects its pods", "declare a disruption_budget"
            )


def _replicas(one: Object, objects: Sequence[Object]) -> int:
    """The fewest pods of a workload: its autoscaler's minimum, where there is one."""
    for scaler in objects:
        if scaler["kind"] == "HorizontalPodAutoscaler" and _namespace(scaler) == _namespace(one):
            target = scaler["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) == (one["kind"], one["metadata"]["name"]):
                return int(scaler["spec"].get("minReplicas") or 1)
    replicas = one["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def _spread(pod: Object) -> bool:
    if any(one.get("topologyKey") == ZONE for one in listed(pod, "topologySpreadConstraints")):
        return True
    apart = section(pod, "affinity", "podAntiAffinity")
    terms = [
        *listed(apart, "requiredDuringSchedulingIgnoredDuringExecution"),
        *(one["podAffinityTerm"] for one in listed(apart, "preferredDuringSchedulingIgnoredDuringExecution")),
    ]
    return any(term.get("topologyKey") == ZONE for term in terms)


def _budgeted(one: Object, objects: Sequence[Object]) -> bool:
    labels = _pod_labels(one)
    return any(
        selects(budget["spec"].get("selector"), labels)
        for budget in objects
        if budget["kind"] == "PodDisruptionBudget" and _namespace(budget) == _namespace(one)
    )


def ingress_problems(objects: Sequence[Object]) -> Iterator[Problem]:
    """Find load balancers beyond the first: each costs money, and has rules, certificates and names of its own.

    Args:
        objects: all objects of one cluster. A Gateway counts: its controller makes a Service of that type.
    """
    balancers = [one for one in objects if _has_load_balancer(one)]
    for one in balancers[1:]:
        first = path_of(balancers[0])
        yield problem(path_of(one), "type", "LoadBalancer", f"one in a cluster: {first}", "add a host to an Ingress")


def _has_load_balancer(one: Object) -> bool:
    return one["kind"] == "Gateway" or (one["kind"] == "Service" and one["spec"].get("type") == "LoadBalancer")


def isolation_problems(objects: Sequence[Object]) -> Iterator[Problem]:
    """Find pods without a network policy for each direction.

    Pods in the node's network are beyond policies, and kube-system, which other namespaces rely on, has none.

    Args:
        objects: all objects of one cluster.
    """
    for one in objects:
        pod, where = pod_of(one), _namespace(one)
        if pod is None or one["kind"] not in LONG_RUNNING or where == "kube-system" or pod.get("hostNetwork"):
            continue
        closed = {
            direction
            for policy in objects
            if policy["kind"] == "NetworkPolicy" and _namespace(policy) == where
            if selects(policy["spec"].get("podSelector"), _pod_labels(one))
            for direction in listed(policy["spec"], "policyTypes")
        }
        for direction in sorted({"Ingress", "Egress"} - closed):
            yield problem(path_of(one), "NetworkPolicy", f"none for {direction}", "one", "declare a network_policy")


def _namespace(one: Object) -> str:
    return one["metadata"].get("namespace") or "default"


def _pod_labels(one: Object) -> Object:
    return section(one, "spec", "template", "metadata", "labels")
