"""Ingress of a service: an Ingress object or an HTTPRoute; all services share one load balancer."""

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
from tripod.workloads.spec import RoutedSpec, WebServiceSpec


def ingress_objects(spec: RoutedSpec) -> list[Manifest]:
    """Build the objects that route a service's hosts to it and allow the ingress controller; none without hosts.

    Args:
        spec: the service.
    """
    if not spec.hosts:
        return []
    routing = ingress(spec) if spec.ingress == "ingress-nginx" else route(spec)
    return [routing, _allow_from_ingress(spec)]


def ingress(spec: RoutedSpec) -> Manifest:
    """Build the Ingress of a service's hosts. Without an issuer, ingress-nginx' default certificate is used."""
    hosts = spec.hosts or ()
    backend = {"service": {"name": spec.name, "port": {"name": "http"}}}
    paths = {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}
    common = metadata(spec.name, spec.namespace)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            **common,
            "labels": {**common["labels"], VISIBILITY: spec.visibility},
            **({"annotations": {CLUSTER_ISSUER: spec.issuer}} if spec.issuer else {}),
        },
        "spec": {
            "ingressClassName": INGRESS_CLASS,
            "rules": [{"host": host, "http": paths} for host in hosts],
            "tls": [{"hosts": [*hosts], **({"secretName": f"{spec.name}-tls"} if spec.issuer else {})}],
        },
    }


def route(spec: RoutedSpec) -> Manifest:
    """Build the HTTPRoute of a service's hosts; the Gateway has their certificates."""
    common = metadata(spec.name, spec.namespace)
    all_paths = {"path": {"type": "PathPrefix", "value": "/"}}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {**common, "labels": {**common["labels"], VISIBILITY: spec.visibility}},
        "spec": {
            "parentRefs": [{"name": GATEWAY, "namespace": NAMESPACE, "sectionName": HTTPS_LISTENER}],
            "hostnames": [*(spec.hosts or ())],
            "rules": [{"matches": [all_paths], "backendRefs": [{"name": spec.name, "port": 80}]}],
        },
    }


def _allow_from_ingress(spec: RoutedSpec) -> Manifest:
    """Build a policy that lets the ingress controller call the service."""
    caller = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}}
    return network_policy(
        f"{spec.name}-from-entry",
        spec.namespace,
        selector(spec.name),
        ingress=[{"from": [caller], "ports": ports(spec.port)}],
    )


def autoscaler(spec: WebServiceSpec) -> Manifest:
    """Build the autoscaler, by processor use."""
    utilization = {"type": "Utilization", "averageUtilization": spec.replicas.cpu_percent}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(spec.name, spec.namespace),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": spec.name},
            "minReplicas": spec.replicas.minimum,
            "maxReplicas": spec.replicas.maximum,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}],
        },
    }
