"""The checks of the CIS Kubernetes Benchmark 1.12 as kube-bench makes them: number → test of a node's files.

Flags and values: aquasecurity/kube-bench, cfg/cis-1.12 (master.yaml, node.yaml, etcd.yaml, controlplane.yaml).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

Arguments = Mapping[str, str]
Check = Callable[[Arguments], bool]

SUITES = {
    *(
        f"TLS_ECDHE_{kind}_WITH_AES_{size}"
        for kind in ("ECDSA", "RSA")
        for size in ("128_GCM_SHA256", "256_GCM_SHA384")
    ),
    *(f"TLS_ECDHE_{kind}_WITH_CHACHA20_POLY1305" for kind in ("ECDSA", "RSA")),
}
"""The suites that both the servers' check (1.2.29) and the kubelets' (4.2.12) allow."""


@dataclass(frozen=True)
class NodeFiles:
    """A node's files and arguments.

    Attributes:
        root: its root folder.
        servers: component → its arguments, of the manifest.
        kubelet: fields of the kubelet's configuration, joined by dots, beside its arguments.
        etcd: fields of a member's configuration, named like the flags.
    """

    root: Path
    servers: Mapping[str, Arguments]
    kubelet: Arguments
    etcd: Arguments


def results(node: NodeFiles) -> dict[str, bool]:
    """Every check that looks at files, arguments or configuration: number → True if it passes."""
    components = {
        **dict.fromkeys(_API_SERVER, node.servers["kube-apiserver"]),
        **dict.fromkeys(_CONTROLLER_MANAGER, node.servers["kube-controller-manager"]),
        **dict.fromkeys(_SCHEDULER, node.servers["kube-scheduler"]),
        **dict.fromkeys(_KUBELET, node.kubelet),
        **dict.fromkeys(_ETCD, node.etcd),
    }
    checks = {**_API_SERVER, **_CONTROLLER_MANAGER, **_SCHEDULER, **_KUBELET, **_ETCD}
    found = {number: check(components[number]) for number, check in checks.items()}
    for number, (pattern, mode) in _MODES.items():
        files = [file for file in node.root.glob(pattern) if not file.is_dir()]
        found[number] = bool(files) and all(file.stat().st_mode & 0o777 & ~mode == 0 for file in files)
    for number, pattern in _ROOTS.items():
        owners = {(file.stat().st_uid, file.stat().st_gid) for file in node.root.glob(pattern)}
        found[number] = owners == {(0, 0)}
    return found


def flattened(fields: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Fields of a configuration as text: path → value; lists joined by commas."""
    flat: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            flat.update(flattened(cast("Mapping[str, Any]", value), f"{prefix}{name}."))
        elif isinstance(value, list):
            flat[f"{prefix}{name}"] = ",".join(cast("list[str]", value))
        else:
            flat[f"{prefix}{name}"] = str(value).lower()
    return flat


def _present(*names: str) -> Check:
    return lambda given: all(given.get(name) for name in names)


def _absent(name: str) -> Check:
    return lambda given: name not in given


def _equal(name: str, value: str) -> Check:
    return lambda given: given.get(name) == value


def _unless(name: str, value: str) -> Check:
    """Absent, or another value."""
    return lambda given: given.get(name) != value


def _at_most(name: str, value: str) -> Check:
    """Absent, or this value."""
    return lambda given: given.get(name, value) == value


def _has(name: str, value: str) -> Check:
    return lambda given: value in given.get(name, "").split(",")


def _lacks(name: str, value: str) -> Check:
    return lambda given: value not in given.get(name, "").split(",")


def _at_least(name: str, number: int) -> Check:
    return lambda given: int(given.get(name, "-1")) >= number


def _suites(name: str) -> Check:
    return lambda given: bool(given.get(name)) and set(given[name].split(",")) <= SUITES


_PLUGINS, _NO_PLUGINS = "enable-admission-plugins", "disable-admission-plugins"
_API_SERVER: Mapping[str, Check] = {
    "1.2.1": _equal("anonymous-auth", "false"),
    "1.2.2": _absent("token-auth-file"),
    "1.2.3": _has(_PLUGINS, "DenyServiceExternalIPs"),
    "1.2.4": _present("kubelet-client-certificate", "kubelet-client-key"),
    "1.2.5": _present("kubelet-certificate-authority"),
    "1.2.6": _lacks("authorization-mode", "AlwaysAllow"),
    "1.2.7": _has("authorization-mode", "Node"),
    "1.2.8": _has("authorization-mode", "RBAC"),
    "1.2.9": _has(_PLUGINS, "EventRateLimit"),
    "1.2.10": _lacks(_PLUGINS, "AlwaysAdmit"),
    "1.2.11": _has(_PLUGINS, "AlwaysPullImages"),
    "1.2.12": _lacks(_NO_PLUGINS, "ServiceAccount"),
    "1.2.13": _lacks(_NO_PLUGINS, "NamespaceLifecycle"),
    "1.2.14": _has(_PLUGINS, "NodeRestriction"),
    "1.2.15": _equal("profiling", "false"),
    "1.2.16": _present("audit-log-path"),
    "1.2.17": _at_least("audit-log-maxage", 30),
    "1.2.18": _at_least("audit-log-maxbackup", 10),
    "1.2.19": _at_least("audit-log-maxsize", 100),
    "1.2.21": _at_most("service-account-lookup", "true"),
    "1.2.22": _present("service-account-key-file"),
    "1.2.23": _present("etcd-certfile", "etcd-keyfile"),
    "1.2.24": _present("tls-cert-file", "tls-private-key-file"),
    "1.2.25": _present("client-ca-file"),
    "1.2.26": _present("etcd-cafile"),
    "1.2.27": _present("encryption-provider-config"),
    "1.2.29": _suites("tls-cipher-suites"),
    "1.2.30": _equal("service-account-extend-token-expiration", "false"),
    "3.2.1": _present("audit-policy-file"),
}
_CONTROLLER_MANAGER: Mapping[str, Check] = {
    "1.3.1": _present("terminated-pod-gc-threshold"),
    "1.3.2": _equal("profiling", "false"),
    "1.3.3": _equal("use-service-account-credentials", "true"),
    "1.3.4": _present("service-account-private-key-file"),
    "1.3.5": _present("root-ca-file"),
    "1.3.6": _lacks("feature-gates", "RotateKubeletServerCertificate=false"),
    "1.3.7": _at_most("bind-address", "127.0.0.1"),
}
_SCHEDULER: Mapping[str, Check] = {
    "1.4.1": _equal("profiling", "false"),
    "1.4.2": _at_most("bind-address", "127.0.0.1"),
}
_KUBELET: Mapping[str, Check] = {
    "4.2.1": _equal("authentication.anonymous.enabled", "false"),
    "4.2.2": _equal("authorization.mode", "webhook"),
    "4.2.3": _present("authentication.x509.clientCAFile"),
    "4.2.4": _at_most("readOnlyPort", "0"),
    "4.2.5": _unless("streamingConnectionIdleTimeout", "0"),
    "4.2.6": _at_most("makeIPTablesUtilChains", "true"),
    "4.2.7": _absent("hostname-override"),
    "4.2.8": _unless("eventRecordQPS", "-1"),
    "4.2.9": _present("tlsCertFile", "tlsPrivateKeyFile"),
    "4.2.10": _at_most("rotateCertificates", "true"),
    "4.2.11": _at_most("featureGates.RotateKubeletServerCertificate", "true"),
    "4.2.12": _suites("tlsCipherSuites"),
    "4.2.13": _at_least("podPidsLimit", 1),
    "4.2.14": _equal("seccompDefault", "true"),
}
_CLIENTS, _PEERS = "client-transport-security", "peer-transport-security"
_ETCD: Mapping[str, Check] = {
    "2.1": _present(f"{_CLIENTS}.cert-file", f"{_CLIENTS}.key-file"),
    "2.2": _equal(f"{_CLIENTS}.client-cert-auth", "true"),
    "2.3": _at_most(f"{_CLIENTS}.auto-tls", "false"),
    "2.4": _present(f"{_PEERS}.cert-file", f"{_PEERS}.key-file"),
    "2.5": _equal(f"{_PEERS}.client-cert-auth", "true"),
    "2.6": _at_most(f"{_PEERS}.auto-tls", "false"),
    "2.7": _present(f"{_CLIENTS}.trusted-ca-file"),
}
"""Of a member's file, whose keys are those of embed.Config in etcd's server/embed/config.go."""

_KUBERNETES = "etc/kubernetes"
_CONFIG, _UNIT = "var/lib/kubelet/config.yaml", "etc/systemd/system/kubelet.service"
_MODES: Mapping[str, tuple[str, int]] = {
    "1.1.1": (f"{_KUBERNETES}/manifests/kube-apiserver.yaml", 0o600),
    "1.1.3": (f"{_KUBERNETES}/manifests/kube-controller-manager.yaml", 0o600),
    "1.1.5": (f"{_KUBERNETES}/manifests/kube-scheduler.yaml", 0o600),
    "1.1.13": (f"{_KUBERNETES}/*admin.conf", 0o600),
    "1.1.15": (f"{_KUBERNETES}/scheduler.conf", 0o600),
    "1.1.17": (f"{_KUBERNETES}/controller-manager.conf", 0o600),
    "1.1.20": (f"{_KUBERNETES}/pki/**/*.crt", 0o644),
    "1.1.21": (f"{_KUBERNETES}/pki/**/*.key", 0o600),
    "4.1.1": (_UNIT, 0o600),
    "4.1.5": (f"{_KUBERNETES}/kubelet.conf", 0o600),
    "4.1.7": (f"{_KUBERNETES}/pki/ca.crt", 0o644),
    "4.1.9": (_CONFIG, 0o600),
}
"""Number → files, and the widest mode."""

_ROOTS: Mapping[str, str] = {
    "1.1.2": f"{_KUBERNETES}/manifests/kube-apiserver.yaml",
    "1.1.4": f"{_KUBERNETES}/manifests/kube-controller-manager.yaml",
    "1.1.6": f"{_KUBERNETES}/manifests/kube-scheduler.yaml",
    "1.1.14": f"{_KUBERNETES}/*admin.conf",
    "1.1.16": f"{_KUBERNETES}/scheduler.conf",
    "1.1.18": f"{_KUBERNETES}/controller-manager.conf",
    "1.1.19": f"{_KUBERNETES}/pki/**/*",
    "4.1.2": _UNIT,
    "4.1.6": f"{_KUBERNETES}/kubelet.conf",
    "4.1.8": f"{_KUBERNETES}/pki/ca.crt",
    "4.1.10": _CONFIG,
}
"""Number → files that are root's."""
