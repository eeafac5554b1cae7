"""DNS, ingress, egress and certificates."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tripod.operations.in_cluster.view import ClusterView, labels, list_at, name_of, value_at
from tripod.operations.verify.check import Failed, Finding, Passed, check

RENEWED_BY = timedelta(days=30)
"""The shortest validity that is left of a certificate that was renewed in time."""

DNS, PROBE = "kube-system/kube-dns", "egress-probe"


@check("cluster-dns", "Pods find names: the cluster's DNS has endpoints", 48)
def cluster_dns(view: ClusterView) -> Iterator[Finding]:
    """The Service, and two or more ready pods as its endpoints."""
    service = next((one for one in view.objects("v1", "Service") if name_of(one) == DNS), None)
    if service is None:
        yield Failed(DNS, "there is no such Service", "run `pulumi up`: the add-on coreDns makes it")
        return
    ready = {
        str(address)
        for one in view.objects("discovery.k8s.io/v1", "EndpointSlice")
        if labels(one).get("kubernetes.io/service-name") == "kube-dns"
        for endpoint in list_at(one, "endpoints")
        if value_at(endpoint, "conditions", "ready")
        for address in list_at(endpoint, "addresses")
    }
    if len(ready) < 2:
        yield Failed(DNS, f"{len(ready)} ready behind it", "`kubectl -n kube-system describe deployment coredns`")
    yield Passed(f"{service['spec']['clusterIP']}, {len(ready)} ready behind it")


@check("pod-egress", "Pods resolve names and reach the Internet", 38, 48)
def pod_egress(view: ClusterView) -> Iterator[Finding]:
    """The last egress probe has succeeded: a Job that asks for names and goes out, from a pod."""
    jobs = [job for job in view.objects("batch/v1", "Job") if job["metadata"]["name"].startswith(PROBE)]
    if not jobs:
        yield Failed(PROBE, "no such Job has run", "run `pulumi up`: an add-on makes it")
    for job in jobs:
        if not value_at(job, "status", "succeeded"):
            yield Failed(
                name_of(job), "has not succeeded", f"`kubectl -n {job['metadata']['namespace']} logs` of its pod"
            )
        else:
            yield Passed(f"{name_of(job)} succeeded at {job['status'].get('completionTime')}")


@check("one-load-balancer", "One load balancer serves all ingress", 24)
def one_load_balancer(view: ClusterView) -> Iterator[Finding]:
    """At most one Service has a load balancer in AWS."""
    found = [name_of(one) for one in view.objects("v1", "Service") if one["spec"].get("type") == "LoadBalancer"]
    for extra in sorted(found)[1:]:
        yield Failed(extra, "a load balancer beside the first", "serve it through the ingress, or list it in addOns")
    yield Passed(", ".join(found) or "none")


@check("certificates", "No certificate is about to expire", 15, 26)
def certificates(view: ClusterView) -> Iterator[Finding]:
    """The API's own, and those that cert-manager keeps."""
    ends = {"the API's certificate": view.api.certificate_ends()}
    for one in view.objects("cert-manager.io/v1", "Certificate"):
        ends_at = value_at(one, "status", "notAfter")
        if ends_at is None:
            yield Failed(name_of(one), "has not been issued", "`kubectl describe certificate`, then its order")
        else:
            ends[name_of(one)] = datetime.fromisoformat(ends_at)
    for name, end in ends.items():
        left = end - view.now()
        if left < RENEWED_BY:
            yield Failed(
                name, f"{left.days} days left", "see docs/operations.md: `tripod rotate` renews the cluster's own"
            )
    first = min(ends, key=lambda name: ends[name])
    yield Passed(f"{len(ends)} checked; the first to end is {first}, on {ends[first]:%Y-%m-%d}")


@check("alert-rules", "Alert rules for an operator have one that can evaluate them")
def alert_rules(view: ClusterView) -> Iterator[Finding]:
    """Find a PrometheusRule without a Prometheus or ThanosRuler. A ConfigMap is evaluated elsewhere, or never."""
    rules = [name_of(one) for one in view.objects(_OPERATOR, "PrometheusRule") if name_of(one) == RULES]
    evaluators = [*view.objects(_OPERATOR, "Prometheus"), *view.objects(_OPERATOR, "ThanosRuler")]
    if rules and not evaluators:
        remedy = "install one that selects it, or set addOns.metrics.rules: configMap and load the file into a ruler"
        yield Failed(RULES, "a PrometheusRule, and no Prometheus or ThanosRuler evaluates any", remedy)
    if rules:
        yield Passed(f"PrometheusRule {RULES}, for {', '.join(name_of(one) for one in evaluators)}")
    elif RULES in [name_of(one) for one in view.objects("v1", "ConfigMap")]:
        yield Passed(f"nothing in the cluster evaluates ConfigMap {RULES}: load it into the ruler of your metrics")
    else:
        yield Passed("nothing evaluates alert rules: there are none")


_OPERATOR, RULES = "monitoring.coreos.com/v1", "monitoring/alert-rules"

CHECKS = (cluster_dns, pod_egress, one_load_balancer, certificates, alert_rules)
