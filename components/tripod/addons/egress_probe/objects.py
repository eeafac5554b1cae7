"""A job that checks pods' egress: one container a destination, so that a failure names it."""

from collections.abc import Sequence

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import namespace, network_policy, ports, to_api, to_internet
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import labels, metadata, non_root, resources, selector, unprivileged
from tripod.core.regions import dns_suffix
from tripod.security.ports import HTTPS

NAME = NAMESPACE = "egress-probe"
IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"
"""Kubernetes' own image for such tests; its ``connect`` resolves a name and opens a connection."""

SECONDS = 300
"""Deadline of the job: names and routes of a new cluster need a moment."""


def egress_probe(cluster: ClusterFacts, hosts: Sequence[str]) -> list[Manifest]:
    """All objects of the check that pods reach DNS, the API, AWS and further hosts.

    Args:
        cluster: facts of the cluster.
        hosts: further hosts, over HTTPS.
    """
    egress = [to_api(cluster), {"to": to_internet(), "ports": ports(HTTPS)}]
    policy = network_policy(NAME, NAMESPACE, selector(NAME), egress=egress)
    return [*namespace(NAMESPACE), policy, _job(cluster, hosts)]


def destinations(cluster: ClusterFacts, hosts: Sequence[str]) -> dict[str, str]:
    """Container → the name and port that it connects to."""
    return {
        "api": f"kubernetes.default.svc:{HTTPS}",
        "aws": f"sts.{cluster.region}.{dns_suffix(cluster.region)}:{HTTPS}",
        **{f"host-{position}": f"{host}:{HTTPS}" for position, host in enumerate(hosts)},
    }


def _job(cluster: ClusterFacts, hosts: Sequence[str]) -> Manifest:
    # A template is immutable: another version of Kubernetes or another plugin replaces the job, which runs again.
    annotations = {"tripod/kubernetes": cluster.kubernetes, "tripod/network-plugin": cluster.cni}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(NAME, NAMESPACE),
        "spec": {
            # Restarts of containers count, and there are several a minute.
            "backoffLimit": 50,
            "activeDeadlineSeconds": SECONDS,
            "template": {
                "metadata": {"labels": labels(NAME), "annotations": annotations},
                "spec": {
                    "restartPolicy": "OnFailure",
                    "automountServiceAccountToken": False,
                    "securityContext": non_root(),
                    "containers": [
                        _container(cluster, name, address) for name, address in destinations(cluster, hosts).items()
                    ],
                },
            },
        },
    }


def _container(cluster: ClusterFacts, name: str, address: str) -> JsonObject:
    return {
        "name": name,
        "image": cluster.image(IMAGE),
        "args": ["connect", "--timeout=10s", address],
        "resources": resources("10m", "16Mi", "64Mi"),
        "securityContext": unprivileged(),
    }
