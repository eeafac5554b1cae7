"""The way in by Gateway API: one Gateway, served by Cilium on every node."""

from typing import Any

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import metadata
from tripod.addons.ingress.constants import GATEWAY, HTTPS_LISTENER, NAMESPACE
from tripod.addons.ingress.load_balancer import CERTIFICATE, balancer_annotations
from tripod.addons.ingress.spec import IngressSpec

API = "gateway.networking.k8s.io/v1"
PLAIN_LISTENER = "http"
CLASS = "tripod"
CONTROLLER = "io.cilium/gateway-controller"


def gateway(cluster: ClusterFacts, ingress: IngressSpec, *, secure: bool) -> list[Manifest]:
    """Everything that the cluster is entered by.

    Args:
        cluster: facts of the cluster.
        ingress: what the way in is told.
        secure: whether there is a certificate; without, only plain HTTP is served.
    """
    return [
        *namespace(NAMESPACE),
        _called_by_proxies(),
        _parameters(ingress),
        _class(),
        _gateway(cluster, ingress, secure=secure),
        *([_to_https()] if secure else []),
    ]


def _called_by_proxies() -> Manifest:
    """Cilium's proxies may call every pod: they have an identity of their own, which no NetworkPolicy can name.

    Whom they call, routes say, and a route reaches no other namespace's Service unless that allows it. The policy
    closes nothing, so that what is open without it stays open.
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
    """What the Service of a Gateway of this class has; the API itself knows no ranges."""
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
    listeners: list[dict[str, Any]] = [
        # Teams' routes come in by HTTPS where there is a certificate: what is plain is sent there.
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
            "infrastructure": {"annotations": balancer_annotations(cluster, ingress)},
            "listeners": listeners,
        },
    }


def _to_https() -> Manifest:
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
