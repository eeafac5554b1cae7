import json
from typing import Any

import pytest

from support.agent.instance import MEMBERS
from tripod.bootstrap.agent.etcd import urls as etcd_urls
from tripod.bootstrap.agent.etcd.config import (
    CA,
    CERTIFICATE,
    CLIENT_CAS,
    CONFIG,
    KEY,
    PROGRAM,
    InitialCluster,
    config_text,
    etcd_config,
    etcd_unit,
    parse_initial_cluster,
    quota_bytes,
)
from tripod.bootstrap.agent.host.filesystem import DATA, MARKER, MOUNT_POINT
from tripod.security import ports

INITIAL = InitialCluster("new", "0-0=https://10.0.192.16:2380")
CONFIGURATION = etcd_config("0-0", MEMBERS["0-0"], "demo-0a1b2c3d", INITIAL, 3 << 30)


def test_ports_are_those_that_security_groups_open() -> None:
    assert etcd_urls.CLIENT_PORT == ports.ETCD_CLIENT
    assert etcd_urls.PEER_PORT == ports.ETCD_PEER
    assert etcd_urls.METRICS_PORT == ports.ETCD_METRICS


def test_a_member_is_reached_at_its_fixed_address_and_over_tls_but_for_metrics() -> None:
    urls = {name: value.split(",") for name, value in CONFIGURATION.items() if name.endswith("urls")}
    assert urls == {
        "listen-client-urls": ["https://10.0.192.16:2379", "https://127.0.0.1:2379"],
        "advertise-client-urls": ["https://10.0.192.16:2379"],
        "listen-peer-urls": ["https://10.0.192.16:2380"],
        "initial-advertise-peer-urls": ["https://10.0.192.16:2380"],
        "listen-metrics-urls": ["http://10.0.192.16:2381"],
    }


@pytest.mark.parametrize(("side", "trusted"), [("client", CLIENT_CAS), ("peer", CA)])
def test_both_ends_show_a_certificate(side: str, trusted: str) -> None:
    assert CONFIGURATION[f"{side}-transport-security"] == {
        "cert-file": CERTIFICATE,
        "key-file": KEY,
        "client-cert-auth": True,
        "trusted-ca-file": trusted,
    }


def test_ciphers_are_those_of_forward_secrecy_with_elliptic_keys() -> None:
    assert CONFIGURATION["tls-min-version"] == "TLS1.2"
    suites: list[str] = CONFIGURATION["cipher-suites"]
    assert all(suite.startswith("TLS_ECDHE_ECDSA_WITH_") and suite.endswith(("256", "384")) for suite in suites)
    # HTTP/2 demands this one.
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in suites


def test_limits_and_checks() -> None:
    assert CONFIGURATION["quota-backend-bytes"] == 3 * 1024**3
    assert CONFIGURATION["strict-reconfig-check"] is True
    # etcd's own rule is five times.
    assert CONFIGURATION["election-timeout"] == 10 * CONFIGURATION["heartbeat-interval"]
    assert CONFIGURATION["feature-gates"] == "CompactHashCheck=true,InitialCorruptCheck=true"
    assert not [name for name in CONFIGURATION if "experimental" in name]


def test_the_initial_cluster_is_read_back_from_the_configuration() -> None:
    assert parse_initial_cluster(config_text(CONFIGURATION)) == INITIAL
    assert json.loads(config_text(CONFIGURATION)) == CONFIGURATION


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"initial-cluster": "x"}'], ids=repr)
def test_what_is_no_configuration_has_no_initial_cluster(text: Any) -> None:
    assert parse_initial_cluster(text) is None


def test_the_unit_runs_only_on_the_members_volume_and_comes_back_whatever_happens() -> None:
    lines = etcd_unit().splitlines()
    assert {
        f"RequiresMountsFor={MOUNT_POINT}",
        f"AssertPathExists={MARKER}",
        f"ExecStart={PROGRAM} --config-file={CONFIG}",
        "User=etcd",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "LimitNOFILE=65536",
        "TimeoutStartSec=infinity",
    } <= set(lines)
    assert DATA.startswith(f"{MOUNT_POINT}/")


# Memory that Linux finds on instances of 2, 4, 8 and 16 GiB. etcd's default and maximum: storage/quota.go.
@pytest.mark.parametrize(("memory", "quota"), [(1900, 2), (3830, 2), (7700, 4), (15600, 8), (63000, 8)])
def test_the_quota_is_half_of_the_memory_within_what_etcd_recommends(memory: int, quota: int) -> None:
    assert quota_bytes(memory, 0) == quota << 30


@pytest.mark.parametrize(("database", "quota"), [(1, 2), (2 << 30, 3), ((2 << 30) + 1, 4), (9 << 30, 8)])
def test_a_smaller_instance_does_not_stop_the_writes_of_a_large_database(database: int, quota: int) -> None:
    assert quota_bytes(3830, database) == quota << 30
