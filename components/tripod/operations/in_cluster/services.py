"""What answers: names, the way in, ways out, certificates."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tripod.operations.in_cluster.view import ClusterView, labels, named, part, parts
from tripod.operations.verify.check import Failed, Finding, Passed, promise

RENEWED_BY = timedelta(days=30)
"""A certificate that has less life left than this was not renewed when it should have been."""

DNS, PROBE = "kube-system/kube-dns", "egress-probe"


@promise("cluster-dns", "Pods find names: the cluster's DNS has endpoints", 48)
def cluster_dns(inside: ClusterView) -> Iterator[Finding]:
    """The Service is there, and two or more ready pods stand behind it."""
    service = next((one for one in inside.objects("v1", "Service") if named(one) == DNS), None)
    if service is None:
        yield Failed(DNS, "there is no such Service", "run `pulumi up`: the add-on coreDns makes it")
        return
    ready = {
        str(address)
        for one in inside.objects("discovery.k8s.io/v1", "EndpointSlice")
        if labels(one).get("kubernetes.io/service-name") == "kube-dns"
        for endpoint in parts(one, "endpoints")
        if part(endpoint, "conditions", "ready")
        for address in parts(endpoint, "addresses")
    }
    if len(ready) < 2:
        yield Failed(DNS, f"{len(ready)} ready behind it", "`kubectl -n kube-system describe deployment coredns`")
    yield Passed(f"{service['spec']['clusterIP']}, {len(ready)} ready behind it")


@promise("pod-egress", "Names and the Internet are reached from within a pod", 38, 48)
def pod_egress(inside: ClusterView) -> Iterator[Finding]:
    """The last egress probe has succeeded: a Job that asks for names and goes out, from a pod."""
    jobs = [job for job in inside.objects("batch/v1", "Job") if job["metadata"]["name"].startswith(PROBE)]
    if not jobs:
        yield Failed(PROBE, "no such Job has run", "run `pulumi up`: an add-on makes it")
    for job in jobs:
        if not part(job, "status", "succeeded"):
            yield Failed(
                named(job), "has not succeeded", f"`kubectl -n {job['metadata']['namespace']} logs` of its pod"
            )
        else:
            yield Passed(f"{named(job)} succeeded at {job['status'].get('completionTime')}")


@promise("one-load-balancer", "One load balancer lets everything in", 24)
def one_load_balancer(inside: ClusterView) -> Iterator[Finding]:
    """At most one Service has a load balancer in AWS."""
    found = [named(one) for one in inside.objects("v1", "Service") if one["spec"].get("type") == "LoadBalancer"]
    for extra in sorted(found)[1:]:
        yield Failed(extra, "a load balancer beside the first", "serve it through the ingress, or list it in addOns")
    yield Passed(", ".join(found) or "none")


@promise("certificates", "No certificate is about to expire", 15, 26)
def certificates(inside: ClusterView) -> Iterator[Finding]:
    """The API's own, and those that cert-manager keeps."""
    ends = {"the API's certificate": inside.api.certificate_ends()}
    for one in inside.objects("cert-manager.io/v1", "Certificate"):
        told = part(one, "status", "notAfter")
        if told is None:
            yield Failed(named(one), "has not been issued", "`kubectl describe certificate`, then its order")
        else:
            ends[named(one)] = datetime.fromisoformat(told)
    for name, end in ends.items():
        left = end - inside.now()
        if left < RENEWED_BY:
            yield Failed(
                name, f"{left.days} days left", "see docs/operations.md: `tripod rotate` renews the cluster's own"
            )
    first = min(ends, key=lambda name: ends[name])
    yield Passed(f"{len(ends)} looked at; the first to end is {first}, on {ends[first]:%Y-%m-%d}")


CHECKS = (cluster_dns, pod_egress, one_load_balancer, certificates)
