"""CoreDNS' objects."""

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import network_policy, ports, to_api
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    CONTROL_PLANE,
    cluster_role,
    cluster_role_binding,
    config_map,
    disruption_budget,
    http_probe,
    metadata,
    non_root,
    resources,
    scrape_annotations,
    service_account,
    unprivileged,
    workload,
    zone_spread,
)

NAME, NAMESPACE = "coredns", "kube-system"
SERVICE = "kube-dns"
"""The Service's name, as clients and network policies use it."""

IMAGE = "registry.k8s.io/coredns/coredns:v1.14.2"
"""The version that kubeadm 1.36 installs."""

PODS = {"k8s-app": "kube-dns"}
_HEALTH, _READY, _METRICS = 8080, 8181, 9153

COREFILE = """\
.:53 {
    errors
    health {
        lameduck 10s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
"""


def core_dns(cluster: ClusterFacts, replicas: int) -> list[Manifest]:
    """All objects of CoreDNS.

    Args:
        cluster: facts of the cluster.
        replicas: its replicas.
    """
    rules = [
        {"apiGroups": [""], "resources": [kind], "verbs": ["list", "watch"]}
        for kind in ("endpoints", "services", "pods", "namespaces")
    ]
    slices = {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}
    return [
        service_account(NAME, NAMESPACE),
        cluster_role(NAME, [*rules, slices]),
        cluster_role_binding(NAME, NAME, NAME, NAMESPACE),
        config_map(NAME, NAMESPACE, NAME, {"Corefile": COREFILE}),
        _deployment(cluster, replicas),
        _service(cluster),
        disruption_budget(NAME, NAMESPACE, PODS),
        _policy(cluster),
    ]


def _deployment(cluster: ClusterFacts, replicas: int) -> Manifest:
    pod = {
        "serviceAccountName": NAME,
        "priorityClassName": "system-cluster-critical",
        # It reads the node's resolver, not itself.
        "dnsPolicy": "Default",
        "tolerations": _tolerations(cluster),
        "topologySpreadConstraints": zone_spread(PODS),
        # The image's own user, by number (its name is no proof to a kubelet: coredns/coredns#7542).
        # The binary has the capability for port 53 (setcap in coredns/coredns' Dockerfile).
        "securityContext": non_root(),
        "containers": [_container(cluster)],
        "volumes": [{"name": "config", "configMap": {"name": NAME}}],
    }
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    return workload("Deployment", NAME, NAMESPACE, pod, {"replicas": replicas, "strategy": strategy}, match=PODS)


def _tolerations(cluster: ClusterFacts) -> list[JsonObject]:
    """The taints of new nodes, and of control-plane nodes where workers' pods reach the pods there.

    With addresses of the VPC they do not: of a control-plane node only the API is open to workers.
    """
    own = "node-role.kubernetes.io/control-plane"
    return [one for one in CONTROL_PLANE["tolerations"] if cluster.cni == "cilium" or one["key"] != own]


def _policy(cluster: ClusterFacts) -> Manifest:
    """Ingress for DNS, metrics and health from everywhere; egress to the node's resolver and the API."""
    names = [*ports(53), *ports(53, protocol="UDP")]
    return network_policy(
        NAME,
        NAMESPACE,
        PODS,
        ingress=[{"ports": [*names, *ports(_METRICS, _HEALTH, _READY)]}],
        egress=[{"ports": names}, to_api(cluster)],
    )


def _container(cluster: ClusterFacts) -> JsonObject:
    dns = [
        {"name": "dns", "containerPort": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
    ]
    return {
        "name": NAME,
        "image": cluster.image(IMAGE),
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [*dns, {"name": "metrics", "containerPort": _METRICS, "protocol": "TCP"}],
        "resources": resources("100m", "70Mi", "170Mi"),
        "livenessProbe": http_probe("/health", _HEALTH, initialDelaySeconds=60, failureThreshold=5),
        "readinessProbe": http_probe("/ready", _READY),
        "securityContext": unprivileged("NET_BIND_SERVICE"),
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
    }


def _service(cluster: ClusterFacts) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            **metadata(SERVICE, NAMESPACE, NAME),
            "annotations": scrape_annotations(_METRICS),
        },
        "spec": {
            "clusterIP": cluster.dns_address,
            "selector": PODS,
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": "dns-tcp"},
                {"name": "metrics", "port": _METRICS, "protocol": "TCP", "targetPort": "metrics"},
            ],
        },
    }
