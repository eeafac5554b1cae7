"""Admission and storage checks: requests that are dry runs, so that nothing is created."""

from collections.abc import Iterator, Mapping

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.operations.in_cluster.view import ClusterView, name_of, value_at
from tripod.operations.verify.check import Failed, Finding, Passed, check

TEAM = "default"
"""A namespace without exceptions: what is refused there is refused to every team."""


def _pod(container: JsonMapping | None = None, **spec: object) -> JsonObject:
    """A pod as a team would create it, with a field that it may not have."""
    ordinary = {
        "name": "probe",
        "image": "registry.example.com/probe:1.0.0",
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "tripod-verify", "namespace": TEAM},
        "spec": {"serviceAccountName": "default", "containers": [{**ordinary, **(container or {})}], **spec},
    }


FORBIDDEN: Mapping[str, JsonMapping] = {
    "a privileged pod": _pod({"securityContext": {"privileged": True}}),
    "a pod with a port of its node": _pod({"ports": [{"containerPort": 80, "hostPort": 80}]}),
    "a pod whose image is called latest": _pod({"image": "registry.example.com/probe:latest"}),
    "another load balancer": {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "tripod-verify", "namespace": TEAM},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    },
}
"""Objects that no team may create."""


@check("refusals", "Admission policies refuse what no team may have", 31, 24, 39)
def refusals(view: ClusterView) -> Iterator[Finding]:
    """A dry run of each on the API server."""
    for what, body in FORBIDDEN.items():
        if view.api.refusal(body) is None:
            yield Failed(what, f"would be taken in namespace {TEAM}", "run `pulumi up`: the add-on policies refuses it")
    yield Passed(f"refused: {', '.join(FORBIDDEN)}")


@check("volumes-encrypted", "Volumes that pods ask for are encrypted, in the zone of their pod", 49)
def volumes_encrypted(view: ClusterView) -> Iterator[Finding]:
    """One default storage class; every one of EBS encrypts, and waits for the pod."""
    classes = view.objects("storage.k8s.io/v1", "StorageClass")
    default = [name_of(one) for one in classes if value_at(one, "metadata", "annotations", _DEFAULT) == "true"]
    if len(default) != 1:
        yield Failed("storage classes", f"{len(default)} are the default", "exactly one is: run `pulumi up`")
    for one in classes:
        if one["provisioner"] != "ebs.csi.aws.com":
            continue
        if value_at(one, "parameters", "encrypted") != "true":
            yield Failed(name_of(one), "does not encrypt", "set parameter encrypted: a class is made anew for it")
        if one.get("volumeBindingMode") != "WaitForFirstConsumer":
            yield Failed(name_of(one), "does not wait for the pod", "a disk in another zone than its pod is of no use")
    yield Passed(f"default {', '.join(default)}")


_DEFAULT = "storageclass.kubernetes.io/is-default-class"

CHECKS = (refusals, volumes_encrypted)
