"""kube-proxy's objects."""

import hashlib
import json

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    EVERYWHERE,
    TENTH,
    cluster_role_binding,
    config_map,
    http_probe,
    resources,
    service_account,
    workload,
)

NAME, NAMESPACE = "kube-proxy", "kube-system"
IMAGE = "registry.k8s.io/kube-proxy"
HEALTH = 10256

_FOLDER = "/etc/kube-proxy"
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def kube_proxy(cluster: ClusterFacts, kubeconfig: pulumi.Input[str]) -> list[Manifest]:
    """All objects of kube-proxy.

    Args:
        cluster: facts of the cluster, with its version.
        kubeconfig: its kubeconfig, from ``kubeconfig``; may be unknown.
    """
    config = json.dumps(configuration(), indent=2)
    return [
        service_account(NAME, NAMESPACE),
        cluster_role_binding(NAME, "system:node-proxier", NAME, NAMESPACE),
        config_map(NAME, NAMESPACE, NAME, {"config.conf": config, "kubeconfig": kubeconfig}),
        _daemon_set(cluster, hashlib.sha256(config.encode()).hexdigest()[:16]),
    ]


def configuration() -> JsonObject:
    """kube-proxy's configuration, written as JSON, which is YAML too."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "healthzBindAddress": f"0.0.0.0:{HEALTH}",
        "clientConnection": {"kubeconfig": f"{_FOLDER}/kubeconfig"},
    }


def kubeconfig(endpoint: str) -> str:
    """kube-proxy's kubeconfig: the API's DNS name, since Services need kube-proxy, and its own token.

    Args:
        endpoint: the API's name and port.
    """
    cluster = {"server": f"https://{endpoint}", "certificate-authority": f"{_ACCOUNT}/ca.crt"}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": cluster}],
            "users": [{"name": NAME, "user": {"tokenFile": f"{_ACCOUNT}/token"}}],
            "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": NAME}}],
            "current-context": "cluster",
        },
        indent=2,
    )


def _daemon_set(cluster: ClusterFacts, digest: str) -> Manifest:
    pod = {
        "serviceAccountName": NAME,
        "priorityClassName": "system-node-critical",
        "hostNetwork": True,
        "dnsPolicy": "Default",
        "tolerations": EVERYWHERE,
        "containers": [_container(cluster)],
        "volumes": _volumes(),
    }
    spec = {"updateStrategy": TENTH}
    return workload("DaemonSet", NAME, NAMESPACE, pod, spec, annotations={"tripod/config": digest})


def _container(cluster: ClusterFacts) -> JsonObject:
    return {
        "name": NAME,
        "image": cluster.image(f"{IMAGE}:v{cluster.kubernetes}"),
        "command": [
            "/usr/local/bin/kube-proxy",
            f"--config={_FOLDER}/config.conf",
            "--hostname-override=$(NODE_NAME)",
        ],
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "resources": resources("50m", "64Mi", "256Mi"),
        "livenessProbe": http_probe("/livez", HEALTH, initialDelaySeconds=15, failureThreshold=5),
        "readinessProbe": http_probe("/healthz", HEALTH),
        # It changes packet filters and kernel settings of the node.
        "securityContext": {"privileged": True},
        "volumeMounts": [
            {"name": "config", "mountPath": _FOLDER, "readOnly": True},
            {"name": "xtables-lock", "mountPath": "/run/xtables.lock"},
            {"name": "modules", "mountPath": "/lib/modules", "readOnly": True},
        ],
    }


def _volumes() -> list[JsonObject]:
    return [
        {"name": "config", "configMap": {"name": NAME}},
        {"name": "xtables-lock", "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"}},
        {"name": "modules", "hostPath": {"path": "/lib/modules"}},
    ]
