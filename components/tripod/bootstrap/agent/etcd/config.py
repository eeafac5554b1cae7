"""Configuration and systemd unit of a member, as pure functions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..core.typed_json import JsonObject
from ..host.filesystem import DATA, MARKER, MOUNT_POINT
from ..host.units import FOLDER
from .urls import client_url, metrics_url, peer_url

USER = "etcd"
CONFIG = "/etc/etcd/etcd.json"
UNIT = "etcd.service"
UNIT_FILE = f"{FOLDER}/{UNIT}"
PROGRAM = "/usr/local/bin/etcd"

OPERATOR_STOP = "/var/lib/tripod/etcd-stopped"
"""The marker of an operator stop: while it exists, nothing starts etcd."""
RESTORED = f"{MOUNT_POINT}/restored.json"
"""The record of a restore, on the volume, until etcd is started with the restored data."""

PKI = "/etc/etcd/pki"
CA = f"{PKI}/ca.crt"
"""CA of members, for a member and its own clients."""
CLIENT_CAS = f"{PKI}/clients.crt"
"""CAs of clients: that of API servers, and that of members, which manage one another."""
CERTIFICATE = f"{PKI}/member.crt"
KEY = f"{PKI}/member.key"

LEAST_QUOTA_BYTES = 2 << 30
"""etcd's own default (DefaultQuotaBytes in server/storage/quota.go)."""
LARGEST_QUOTA_BYTES = 8 << 30
"""The most that etcd's project recommends (MaxQuotaBytes). Past its quota, etcd takes no writes until it has space."""

HEARTBEAT_MS = 250
ELECTION_MS = 2500
"""Between zones a message takes about 1 ms; a slow moment of a network disk must not depose the leader."""

CIPHER_SUITES = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
)
"""For TLS 1.2: members' keys are elliptic. TLS 1.3 brings its own."""

FEATURE_GATES = ("CompactHashCheck=true", "InitialCorruptCheck=true")
"""A member's data are compared with the others' at each start and each compaction."""


@dataclass(frozen=True)
class InitialCluster:
    """Initial cluster of a member without data. etcd ignores it once it has data.

    Attributes:
        state: new or existing.
        cluster: the first peers, as member=URL,….
    """

    state: str
    cluster: str

    def fields(self) -> dict[str, str]:
        """Fields of the configuration."""
        return {"initial-cluster-state": self.state, "initial-cluster": self.cluster}


def quota_bytes(memory_mib: int, database_bytes: int) -> int:
    """Compute a member's quota: half of its memory, since etcd maps the database into memory and reads it all.

    Never below a database that is there already, and 1 GiB: a smaller instance must not stop the cluster's writes.

    Args:
        memory_mib: the instance's memory in MiB.
        database_bytes: the size of the database's file; 0 if there is none.
    """
    present = (-(-database_bytes >> 30) + 1) << 30 if database_bytes else 0
    return min(LARGEST_QUOTA_BYTES, max(LEAST_QUOTA_BYTES, (memory_mib // 1024 + 1) << 29, present))


def etcd_config(member: str, address: str, token: str, initial: InitialCluster, quota: int) -> JsonObject:
    """Build a member's configuration.

    Args:
        member: its name.
        address: its fixed address.
        token: the cluster token, unique to a cluster.
        initial: its initial cluster.
        quota: the largest database, in bytes.
    """
    own = {"cert-file": CERTIFICATE, "key-file": KEY, "client-cert-auth": True}
    return {
        "name": member,
        "data-dir": DATA,
        # Network
        "listen-client-urls": f"{client_url(address)},{client_url('127.0.0.1')}",
        "advertise-client-urls": client_url(address),
        "listen-peer-urls": peer_url(address),
        "initial-advertise-peer-urls": peer_url(address),
        "listen-metrics-urls": metrics_url(address),
        # TLS and authentication
        "client-transport-security": {**own, "trusted-ca-file": CLIENT_CAS},
        "peer-transport-security": {**own, "trusted-ca-file": CA},
        "tls-min-version": "TLS1.2",
        "cipher-suites": list(CIPHER_SUITES),
        # The cluster
        **initial.fields(),
        "initial-cluster-token": token,
        "strict-reconfig-check": True,
        "heartbeat-interval": HEARTBEAT_MS,
        "election-timeout": ELECTION_MS,
        # Data
        "quota-backend-bytes": quota,
        # API servers compact every five minutes; this is for when none of them does.
        "auto-compaction-mode": "periodic",
        "auto-compaction-retention": "8h",
        "feature-gates": ",".join(FEATURE_GATES),
    }


def config_text(config: Mapping[str, object]) -> str:
    """Serialise a configuration. etcd reads YAML, a superset of JSON."""
    return json.dumps(config, indent=1)


def parse_initial_cluster(text: str | None) -> InitialCluster | None:
    """Parse the initial cluster from the configuration on the instance; None if there is none.

    A member that has started keeps it: a change that etcd would ignore must not restart it.
    """
    try:
        config = json.loads(text or "")
        return InitialCluster(config["initial-cluster-state"], config["initial-cluster"])
    except (ValueError, LookupError, TypeError):
        return None


def etcd_unit() -> str:
    """Render the systemd unit of a member."""
    return f"""[Unit]
Description=Member of etcd
Documentation=https://etcd.io/docs/
Wants=network-online.target
After=network-online.target
RequiresMountsFor={MOUNT_POINT}
# Never on the instance's own disk.
AssertPathExists={MARKER}
ConditionPathExists=!{OPERATOR_STOP}
StartLimitIntervalSec=0

[Service]
Type=notify
User={USER}
Group={USER}
ExecStart={PROGRAM} --config-file={CONFIG}
# The first member of a new cluster is ready when the second is there.
TimeoutStartSec=infinity
Restart=always
RestartSec=5
LimitNOFILE=65536
# Nothing on the instance matters more.
Nice=-10
IOSchedulingClass=best-effort
IOSchedulingPriority=0
OOMScoreAdjust=-900
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={MOUNT_POINT}
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX

[Install]
WantedBy=multi-user.target
"""
