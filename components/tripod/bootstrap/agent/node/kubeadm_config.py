"""Configuration of kubeadm: init of control-plane nodes, join of workers. Pure functions of documents."""

import json
from collections.abc import Iterable, Mapping

from ..core.typed_json import JsonObject
from ..etcd.urls import client_url
from ..instance.context import Identity
from ..instance.documents import ControlPlaneDocument, WorkerDocument
from .kubelet_config import (
    CIPHER_SUITES,
    CONTROL_PLANE_TAINT,
    argument_list,
    kubelet_configuration,
    node_limits,
    node_registration,
)
from .paths import (
    ADMISSION,
    API_PORT,
    API_SERVER_FILES,
    AUDIT_LOGS,
    AUDIT_POLICY,
    AUTHENTICATION,
    CLUSTER_CA,
    DISCOVERY,
    DNS_DOMAIN,
    ENCRYPTION,
    ETCD_CA,
    ETCD_CLIENT_CERTIFICATE,
    ETCD_CLIENT_KEY,
    KUBEADM_PATCHES,
    PKI,
)

_API = "kubeadm.k8s.io/v1beta4"

KEY_SET_PATH = "openid/v1/jwks"
"""The path of an issuer's keys, below its URL."""

_SERVER_ARGUMENTS = {
    "profiling": "false",
    "tls-min-version": "VersionTLS12",
    "tls-cipher-suites": ",".join(CIPHER_SUITES),
}
"""Arguments of all three components, each of which serves with TLS."""

UNUSED_GROUP = "system:bootstrappers:unused"
"""The group of the token that kubeadm always makes; no rights are bound to it."""

SHUTDOWN_DELAY_SECONDS = 30
"""Seconds that a stopping API server still serves while /readyz says no: the load balancer needs two checks of 5
seconds, and a moment to tell its nodes."""

API_SERVER_GRACE_SECONDS = 60
"""Termination grace period of the API server: the delay, and as long for requests that are under way."""

API_SERVER_PATCH = f"{KUBEADM_PATCHES}/kube-apiserver+strategic.json"
"""kubeadm's static pods have the default of 30 seconds, and its configuration has no field for another."""

ACCEPTED_ISSUERS_PATCH = f"{KUBEADM_PATCHES}/kube-apiserver1+json.json"
"""The first --service-account-issuer signs. Releases of kubeadm before 2026 sort arguments of one name by value
(kubernetes/kubeadm issue 3261), so further issuers follow by a patch of the command."""

KUBELET_PATCH = f"{KUBEADM_PATCHES}/kubeletconfiguration+strategic.json"
"""Patch of the settings that depend on the node: memory; on control-plane nodes shutdown, since the kubelet cuts a
pod's grace period to that."""

SHUTDOWN_CRITICAL_SECONDS = 40
"""Seconds of a node's shutdown, of all that KubeletConfiguration grants, for critical pods such as the API server."""

# kubeadm's default timeouts are for interactive use; a node under load takes longer.
_TIMEOUTS = {
    "controlPlaneComponentHealthCheck": "10m0s",
    "kubeletHealthCheck": "10m0s",
    # The first call is made while the API server starts: this, and not its health check, is how long it may take.
    "kubernetesAPICall": "10m0s",
    "tlsBootstrap": "10m0s",
    "discovery": "5m0s",
}


def control_plane_configuration(document: ControlPlaneDocument, members: Iterable[str], identity: Identity) -> str:
    """Render the configuration of `kubeadm init`.

    Args:
        document: the role's document.
        members: addresses of etcd's members.
        identity: identity of the instance.
    """
    return _rendered(
        _init_configuration(document, identity),
        _cluster_configuration(document, members),
        kubelet_configuration(document.dns_address),
    )


def join_configuration(document: WorkerDocument, identity: Identity) -> str:
    """Render the configuration of `kubeadm join` on a worker.

    Args:
        document: the role's document.
        identity: identity of the instance.
    """
    return _rendered(
        {
            "apiVersion": _API,
            "kind": "JoinConfiguration",
            "caCertPath": CLUSTER_CA,
            # A file with authority and token, not the public cluster-info: anonymous requests are refused.
            "discovery": {"file": {"kubeConfigPath": DISCOVERY}},
            "nodeRegistration": node_registration(
                identity, document.supply, labels=document.labels, taints=document.taints
            ),
            "patches": {"directory": KUBEADM_PATCHES},
            "timeouts": _TIMEOUTS,
        }
    )


def _init_configuration(document: ControlPlaneDocument, identity: Identity) -> JsonObject:
    return {
        "apiVersion": _API,
        "kind": "InitConfiguration",
        # kubeadm makes one token at least. Workers join with another, which the agent rotates.
        "bootstrapTokens": [{"ttl": "15m", "usages": ["authentication"], "groups": [UNUSED_GROUP]}],
        "localAPIEndpoint": {"advertiseAddress": identity.address, "bindPort": API_PORT},
        "nodeRegistration": node_registration(
            identity,
            document.supply,
            taints=[CONTROL_PLANE_TAINT],
            # It queries every member: one that is down would block every replacement of a control-plane node.
            # The agent waits for a quorum instead.
            ignored=["ExternalEtcdVersion"],
        ),
        # Add-ons belong to Pulumi: each new node would write kubeadm's over them.
        "skipPhases": ["addon", "show-join-command"],
        "patches": {"directory": KUBEADM_PATCHES},
        "timeouts": _TIMEOUTS,
    }


def control_plane_patches(accepted_issuers: Iterable[str], memory_mib: int) -> dict[str, str]:
    """Render kubeadm's patches of a control-plane node: path → text.

    Args:
        accepted_issuers: issuers of accepted tokens, besides the one that signs.
        memory_mib: the instance's memory in MiB.
    """
    accepted = [
        {"op": "add", "path": "/spec/containers/0/command/-", "value": f"--service-account-issuer={issuer}"}
        for issuer in accepted_issuers
    ]
    critical = {"shutdownGracePeriodCriticalPods": f"{SHUTDOWN_CRITICAL_SECONDS}s"}
    return {
        ACCEPTED_ISSUERS_PATCH: json.dumps(accepted),
        API_SERVER_PATCH: json.dumps({"spec": {"terminationGracePeriodSeconds": API_SERVER_GRACE_SECONDS}}),
        KUBELET_PATCH: json.dumps({**node_limits(memory_mib), **critical}),
    }


def worker_patches(memory_mib: int) -> dict[str, str]:
    """Render kubeadm's patch of a worker: path → text.

    Args:
        memory_mib: the instance's memory in MiB.
    """
    return {KUBELET_PATCH: json.dumps(node_limits(memory_mib))}


def _cluster_configuration(document: ControlPlaneDocument, members: Iterable[str]) -> JsonObject:
    host = document.endpoint.rpartition(":")[0]
    return {
        "apiVersion": _API,
        "kind": "ClusterConfiguration",
        "clusterName": document.cluster,
        "kubernetesVersion": f"v{document.version}",
        "controlPlaneEndpoint": document.endpoint,
        "certificatesDir": PKI,
        "certificateValidityPeriod": "8760h0m0s",
        "encryptionAlgorithm": document.encryption_algorithm,
        "imageRepository": document.supply.images.repository,
        "dns": {"disabled": True},
        "proxy": {"disabled": True},
        "networking": {
            "serviceSubnet": document.service_cidr,
            "podSubnet": document.pod_cidr,
            "dnsDomain": DNS_DOMAIN,
        },
        "etcd": {
            "external": {
                "endpoints": [client_url(address) for address in members],
                "caFile": ETCD_CA,
                "certFile": ETCD_CLIENT_CERTIFICATE,
                "keyFile": ETCD_CLIENT_KEY,
            }
        },
        "apiServer": {
            "certSANs": [host, *document.names, "127.0.0.1", "localhost"],
            "extraArgs": argument_list(_api_server_arguments(document)),
            "extraVolumes": [
                _volume("tripod", API_SERVER_FILES, read_only=True),
                _volume("audit-logs", AUDIT_LOGS, read_only=False),
            ],
        },
        "controllerManager": {
            "extraArgs": argument_list(
                {
                    "cloud-provider": "external",
                    "cluster-signing-duration": "8760h0m0s",
                    "node-monitor-grace-period": f"{document.node_loss.silent_seconds}s",
                    # By default 12500 pods that have ended stay, in etcd too.
                    "terminated-pod-gc-threshold": "1000",
                    **_SERVER_ARGUMENTS,
                }
            )
        },
        "scheduler": {"extraArgs": argument_list(_SERVER_ARGUMENTS)},
    }


def _api_server_arguments(document: ControlPlaneDocument) -> dict[str, str]:
    """Arguments of the API server beyond kubeadm's defaults, which have Node,RBAC and NodeRestriction already."""
    issuer = document.issuer
    toleration = str(document.node_loss.toleration_seconds)
    return {
        "service-account-issuer": issuer,
        "service-account-jwks-uri": f"{issuer}/{KEY_SET_PATH}",
        # Not the audience of AWS: a token for AWS would then be one for the API as well.
        "api-audiences": f"https://kubernetes.default.svc.{DNS_DOMAIN}",
        "authentication-config": AUTHENTICATION,
        "encryption-provider-config": ENCRYPTION,
        "encryption-provider-config-automatic-reload": "true",
        "admission-control-config-file": ADMISSION,
        # kubeadm's own, and one more: a Service with externalIPs takes others' traffic (CVE-2020-8554).
        "enable-admission-plugins": "NodeRestriction,DenyServiceExternalIPs",
        # Tokens of pods end when they say, instead of after a year; kubelets renew them.
        "service-account-extend-token-expiration": "false",
        "audit-policy-file": AUDIT_POLICY,
        "audit-log-path": f"{AUDIT_LOGS}/audit.log",
        # At most 1.1 GB on the node.
        "audit-log-maxage": "30",
        "audit-log-maxbackup": "10",
        "audit-log-maxsize": "100",
        # Kubelets' serving certificates are signed by this authority: without this they are not verified.
        "kubelet-certificate-authority": CLUSTER_CA,
        # Time that pods without their own tolerations stay on a lost node.
        "default-not-ready-toleration-seconds": toleration,
        "default-unreachable-toleration-seconds": toleration,
        **_SERVER_ARGUMENTS,
        # Clients keep one connection for days: this moves some to another server behind the load balancer.
        "goaway-chance": "0.001",
        "shutdown-delay-duration": f"{SHUTDOWN_DELAY_SECONDS}s",
    }


def _volume(name: str, path: str, *, read_only: bool) -> dict[str, str | bool]:
    return {
        "name": name,
        "hostPath": path,
        "mountPath": path,
        "readOnly": read_only,
        "pathType": "DirectoryOrCreate",
    }


def _rendered(*parts: Mapping[str, object]) -> str:
    """Join documents in one YAML file. Each is JSON: the instance has no library for YAML."""
    return "---\n".join(json.dumps(part, indent=1) + "\n" for part in parts)
