"""How a service is reached from outside: an Ingress, or a route of the Gateway; one load balancer for all."""

from tripod.addons.framework.namespaces import network_policy, ports
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import metadata, selector
from tripod.addons.ingress.constants import (
    CLUSTER_ISSUER,
    GATEWAY,
    HTTPS_LISTENER,
    INGRESS_CLASS,
    NAMESPACE,
    VISIBILITY,
)
from tripod.workloads.spec import WebServiceSpec


def entry(spec: WebServiceSpec) -> list[Manifest]:
    """What leads from a service's hosts to it, and lets the way in call it; nothing where it has no hosts.

    Args:
        spec: the service.
    """
    if not spec.hosts:
        return []
    way = ingress(spec) if spec.entry == "ingress-nginx" else route(spec)
    return [way, _opened(spec)]


def ingress(spec: WebServiceSpec) -> Manifest:
    """The Ingress of a service's hosts. Without an issuer of its own it shows the entry's certificate."""
    backend = {"service": {"name": spec.name, "port": {"name": "http"}}}
    paths = {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}
    about = metadata(spec.name, spec.namespace)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            **about,
            "labels": {**about["labels"], VISIBILITY: spec.visibility},
            **({"annotations": {CLUSTER_ISSUER: spec.issuer}} if spec.issuer else {}),
        },
        "spec": {
            "ingressClassName": INGRESS_CLASS,
            "rules": [{"host": host, "http": paths} for host in spec.hosts],
            "tls": [{"hosts": [*spec.hosts], **({"secretName": f"{spec.name}-tls"} if spec.issuer else {})}],
        },
    }


def route(spec: WebServiceSpec) -> Manifest:
    """The route of a service's hosts; the Gateway has their certificates."""
    about = metadata(spec.name, spec.namespace)
    everything = {"path": {"type": "PathPrefix", "value": "/"}}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {**about, "labels": {**about["labels"], VISIBILITY: spec.visibility}},
        "spec": {
            "parentRefs": [{"name": GATEWAY, "namespace": NAMESPACE, "sectionName": HTTPS_LISTENER}],
            "hostnames": [*spec.hosts],
            "rules": [{"matches": [everything], "backendRefs": [{"name": spec.name, "port": 80}]}],
        },
    }


def _opened(spec: WebServiceSpec) -> Manifest:
    """The way in may call the service, and nobody else."""
    caller = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}}
    return network_policy(
        f"{spec.name}-from-entry",
        spec.namespace,
        selector(spec.name),
        ingress=[{"from": [caller], "ports": ports(spec.port)}],
    )


def autoscaler(spec: WebServiceSpec) -> Manifest:
    """What adds pods when those that are there are busy."""
    busy = {"type": "Utilization", "averageUtilization": spec.replicas.cpu_percent}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(spec.name, spec.namespace),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": spec.name},
            "minReplicas": spec.replicas.minimum,
            "maxReplicas": spec.replicas.maximum,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": busy}}],
        },
    }
