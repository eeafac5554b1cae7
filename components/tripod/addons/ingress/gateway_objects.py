"""Ingress by Gateway API: one Gateway, served by Cilium on every node."""

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import metadata
from tripod.addons.ingress.constants import GATEWAY, HTTPS_LISTENER, NAMESPACE
from tripod.addons.ingress.load_balancer import CERTIFICATE, load_balancer_annotations
from tripod.addons.ingress.spec import IngressSpec

API = "gateway.networking.k8s.io/v1"
PLAIN_LISTENER = "http"
CLASS = "tripod"
CONTROLLER = "io.cilium/gateway-controller"


def gateway(cluster: ClusterFacts, ingress: IngressSpec, *, secure: bool) -> list[Manifest]:
    """All objects of the Gateway ingress.

    Args:
        cluster: facts of the cluster.
        ingress: settings of the ingress.
        secure: if true, HTTPS is served with the default certificate; else only HTTP.
    """
    return [
        *namespace(NAMESPACE),
        _allow_gateway_proxies(),
        _parameters(ingress),
        _class(),
        _gateway(cluster, ingress, secure=secure),
        *([_redirect_to_https()] if secure else []),
    ]


def _allow_gateway_proxies() -> Manifest:
    """The policy that allows Cilium's proxies to all pods: no NetworkPolicy can name their identity.

    Routes choose the pods, and a route reaches no other namespace's Service unless that allows it. The policy has
    no default deny, so that it restricts nothing.
    """
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumClusterwideNetworkPolicy",
        "metadata": metadata("from-gateway", part_of=NAMESPACE),
        "spec": {
            "endpointSelector": {},
            "enableDefaultDeny": {"ingress": False, "egress": False},
            "ingress": [{"fromEntities": ["ingress"]}],
        },
    }


def _parameters(ingress: IngressSpec) -> Manifest:
    """Settings of the Service of a Gateway of this class; the Gateway API has no source ranges."""
    return {
        "apiVersion": "cilium.io/v2alpha1",
        "kind": "CiliumGatewayClassConfig",
        "metadata": metadata(GATEWAY, NAMESPACE, NAMESPACE),
        "spec": {
            "service": {
                "type": "LoadBalancer",
                "externalTrafficPolicy": "Cluster",
                "loadBalancerSourceRanges": [*ingress.source_ranges],
            }
        },
    }


def _class() -> Manifest:
    parameters = {"group": "cilium.io", "kind": "CiliumGatewayClassConfig", "name": GATEWAY, "namespace": NAMESPACE}
    return {
        "apiVersion": API,
        "kind": "GatewayClass",
        "metadata": metadata(CLASS, part_of=NAMESPACE),
        "spec": {"controllerName": CONTROLLER, "parametersRef": parameters},
    }


def _gateway(cluster: ClusterFacts, ingress: IngressSpec, *, secure: bool) -> Manifest:
    everywhere = {"namespaces": {"from": "All"}}
    listeners: list[JsonObject] = [
        # With a certificate, plain HTTP is redirected to HTTPS: teams' routes may not use this listener.
        {
            "name": PLAIN_LISTENER,
            "protocol": "HTTP",
            "port": 80,
            "allowedRoutes": {"namespaces": {"from": "Same"}} if secure else everywhere,
        }
    ]
    if secure:
        certificate = {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": CERTIFICATE}]}
        listeners.append(
            {
                "name": HTTPS_LISTENER,
                "protocol": "HTTPS",
                "port": 443,
                "tls": certificate,
                "allowedRoutes": everywhere,
            }
        )
    return {
        "apiVersion": API,
        "kind": "Gateway",
        "metadata": metadata(GATEWAY, NAMESPACE, NAMESPACE),
        "spec": {
            "gatewayClassName": CLASS,
            "infrastructure": {"annotations": load_balancer_annotations(cluster, ingress)},
            "listeners": listeners,
        },
    }


def _redirect_to_https() -> Manifest:
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
    return {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": metadata("to-https", NAMESPACE, NAMESPACE),
        "spec": {
            "parentRefs": [{"name": GATEWAY, "sectionName": PLAIN_LISTENER}],
            "rules": [{"filters": [redirect]}],
        },
    }
