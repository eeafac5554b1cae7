"""Configuration of kubelets: the common one, and each node's own arguments."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from ..core.typed_json import JsonObject
from ..host.distribution_services import SHUTDOWN_SECONDS
from ..instance.context import Identity
from ..instance.documents import Supply, Taint
from .containerd import SOCKET
from .image_credentials import provider_arguments
from .paths import DNS_DOMAIN

CIPHER_SUITES = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
)
"""Suites of TLS 1.2, of servers and kubelets: those of the CIS benchmark's list for kubelets with forward secrecy.

Go fixes the suites of TLS 1.3. The names are those that the benchmark compares with (kube-bench, cfg/cis-*/node.yaml).
"""

MAX_PODS = 110
"""Kubernetes' own limit for a node (its "Considerations for large clusters")."""
_LEAST_PODS = 10

CONTROL_PLANE_TAINT = Taint("node-role.kubernetes.io/control-plane", "", "NoSchedule")


def kubelet_configuration(dns_address: str) -> JsonObject:
    """Build the configuration that kubeadm gives every kubelet of the cluster.

    kubeadm's defaults are not repeated: no anonymous requests, authorization by the API server, no
    read-only port, client certificates renewed before they end, systemd's cgroups.

    Args:
        dns_address: the address of the cluster's DNS service.
    """
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "clusterDNS": [dns_address],
        "clusterDomain": DNS_DOMAIN,
        # A serving certificate of the cluster's authority, which the API server verifies; the approver signs it off.
        "serverTLSBootstrap": True,
        "tlsMinVersion": "VersionTLS12",
        "tlsCipherSuites": list(CIPHER_SUITES),
        "protectKernelDefaults": True,
        # Parallel pulls have been observed to corrupt images.
        "serializeImagePulls": True,
        "seccompDefault": True,
        "podPidsLimit": 4096,
        # A node's own patch narrows these by its memory.
        **_pods_and_memory(MAX_PODS),
        # For systemd and the agent.
        "systemReserved": {"cpu": "100m", "memory": "200Mi"},
        "containerLogMaxSize": "50Mi",
        "containerLogMaxFiles": 3,
        # Its first part is for ordinary pods.
        "shutdownGracePeriod": f"{SHUTDOWN_SECONDS}s",
        "shutdownGracePeriodCriticalPods": "30s",
    }


def node_limits(memory_mib: int) -> JsonObject:
    """Number of pods of a node, and the memory that is reserved for the kubelet and the runtime on their account.

    The memory is 255 MiB and 11 MiB a pod: EKS' formula (awslabs/amazon-eks-ami, get_memory_mebibytes_to_reserve).
    A small node has fewer pods instead of more than a quarter reserved: the share that GKE takes of the first 4 GiB.

    Args:
        memory_mib: the instance's memory in MiB.
    """
    return _pods_and_memory(max(_LEAST_PODS, min(MAX_PODS, (memory_mib // 4 - 255) // 11)))


def _pods_and_memory(pods: int) -> JsonObject:
    return {"maxPods": pods, "kubeReserved": {"cpu": "100m", "memory": f"{255 + 11 * pods}Mi"}}


def provider_id(identity: Identity) -> str:
    """Provider id of an instance, as the cloud controller writes it."""
    return f"aws:///{identity.zone}/{identity.instance}"


def node_registration(
    identity: Identity,
    supply: Supply,
    *,
    taints: Iterable[Taint],
    labels: Mapping[str, str] | None = None,
    ignored: Iterable[str] = (),
) -> JsonObject:
    """Build kubeadm's registration of a node.

    Args:
        identity: identity of the instance.
        supply: sources of its binaries.
        taints: its taints.
        labels: its labels.
        ignored: kubeadm's checks that may fail.
    """
    arguments = {
        "cloud-provider": "external",
        "provider-id": provider_id(identity),
        # With it the node has an address, and so a serving certificate, before the cloud controller runs.
        "node-ip": identity.address,
        **provider_arguments(supply),
    }
    if labels:
        arguments["node-labels"] = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return {
        # The instance's id: the one name that can be verified with EC2.
        "name": identity.instance,
        "criSocket": SOCKET,
        "imagePullSerial": True,
        "ignorePreflightErrors": list(ignored),
        "taints": [{name: value for name, value in asdict(taint).items() if value} for taint in taints],
        "kubeletExtraArgs": argument_list(arguments),
    }


def argument_list(arguments: Mapping[str, str]) -> list[dict[str, str]]:
    """Convert arguments to kubeadm's form."""
    return [{"name": name, "value": value} for name, value in arguments.items()]
