"""What the cluster refuses: asked of it with objects that are not created."""

from collections.abc import Iterator, Mapping
from typing import Any

from tripod.operations.in_cluster.view import ClusterView, named, part
from tripod.operations.verify.check import Failed, Finding, Passed, promise

TEAM = "default"
"""A namespace that is nobody's special case: what is refused there is refused to every team."""


def _pod(container: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod as a team would send it, with something that it should not have."""
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


FORBIDDEN: Mapping[str, Mapping[str, Any]] = {
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
"""What no team may have."""


@promise("refusals", "What no team may have is refused", 31, 24, 39)
def refusals(inside: ClusterView) -> Iterator[Finding]:
    """The API server is asked to create each, without creating it."""
    for what, body in FORBIDDEN.items():
        if inside.api.refusal(body) is None:
            yield Failed(what, f"would be taken in namespace {TEAM}", "run `pulumi up`: the add-on policies refuses it")
    yield Passed(f"refused: {', '.join(FORBIDDEN)}")


@promise("volumes-encrypted", "Volumes that pods ask for are encrypted, in the zone of their pod", 49)
def volumes_encrypted(inside: ClusterView) -> Iterator[Finding]:
    """One default storage class; every one of EBS encrypts, and waits for the pod."""
    classes = inside.objects("storage.k8s.io/v1", "StorageClass")
    default = [named(one) for one in classes if part(one, "metadata", "annotations", _DEFAULT) == "true"]
    if len(default) != 1:
        yield Failed("storage classes", f"{len(default)} are the default", "exactly one is: run `pulumi up`")
    for one in classes:
        if one["provisioner"] != "ebs.csi.aws.com":
            continue
        if part(one, "parameters", "encrypted") != "true":
            yield Failed(named(one), "does not encrypt", "set parameter encrypted: a class is made anew for it")
        if one.get("volumeBindingMode") != "WaitForFirstConsumer":
            yield Failed(named(one), "does not wait for the pod", "a disk in another zone than its pod is of no use")
    yield Passed(f"default {', '.join(default)}")


_DEFAULT = "storageclass.kubernetes.io/is-default-class"

CHECKS = (refusals, volumes_encrypted)
