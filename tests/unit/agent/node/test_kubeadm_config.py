"""Instructions to kubeadm. controlplane/kubernetes shows what kubeadm and the servers make of them."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from support.agent.kubernetes_nodes import ADDRESS, IDENTITY, control_plane, worker
from support.stacks.samples import few
from tripod.bootstrap.agent.instance.context import Identity
from tripod.bootstrap.agent.node.kubeadm import error_message
from tripod.bootstrap.agent.node.kubeadm_config import (
    KUBELET_PATCH,
    control_plane_configuration,
    control_plane_patches,
    join_configuration,
    worker_patches,
)
from tripod.bootstrap.agent.node.paths import KUBEADM_PATCHES

MEMBERS = ["10.0.192.16", "10.0.200.16", "10.0.208.16"]


def parts(text: str) -> dict[str, dict[str, Any]]:
    """Kind → document. Read as YAML, which is how kubeadm reads it."""
    return {part["kind"]: part for part in yaml.safe_load_all(text)}


def arguments(entries: list[dict[str, str]]) -> dict[str, str]:
    assert len({entry["name"] for entry in entries}) == len(entries)
    return {entry["name"]: entry["value"] for entry in entries}


CONFIGURED = parts(control_plane_configuration(control_plane(), MEMBERS, IDENTITY))
INIT, CLUSTER, KUBELET = (
    CONFIGURED[kind] for kind in ("InitConfiguration", "ClusterConfiguration", "KubeletConfiguration")
)
API_SERVER = arguments(CLUSTER["apiServer"]["extraArgs"])


def test_a_node_is_named_by_its_instance_and_pulls_one_image_at_a_time() -> None:
    for registration in (INIT["nodeRegistration"], parts(join_configuration(worker(), IDENTITY))["JoinConfiguration"]):
        told = registration.get("nodeRegistration", registration)
        flags = arguments(told["kubeletExtraArgs"])
        assert told["name"] == IDENTITY.instance
        assert told["imagePullSerial"] is True
        assert flags["provider-id"] == f"aws:///{IDENTITY.zone}/{IDENTITY.instance}"
        assert flags["cloud-provider"] == "external"
        assert flags["node-ip"] == ADDRESS
    assert KUBELET["serializeImagePulls"] is True


def test_the_issuers_keys_are_named_where_it_publishes_them() -> None:
    assert API_SERVER["service-account-jwks-uri"] == "https://issuer.example.com/openid/v1/jwks"


def test_what_would_open_the_api_or_break_it_is_not_said() -> None:
    # anonymous-auth excludes the configuration file; the server has not known cloud-provider since 1.33.
    assert not {"anonymous-auth", "authorization-mode", "cloud-provider", "insecure-port"} & API_SERVER.keys()
    assert arguments(CLUSTER["controllerManager"]["extraArgs"])["cloud-provider"] == "external"


# valid_elements of tls-cipher-suites in kube-bench, cfg/cis-1.24-microk8s/node.yaml; master.yaml has them and more.
KUBELET_SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
}


def test_servers_and_kubelets_offer_suites_of_the_benchmark_with_forward_secrecy() -> None:
    offered = [
        *(arguments(CLUSTER[one]["extraArgs"])["tls-cipher-suites"] for one in ("controllerManager", "scheduler")),
        API_SERVER["tls-cipher-suites"],
        ",".join(KUBELET["tlsCipherSuites"]),
    ]
    for suites in offered:
        assert set(suites.split(",")) == {one for one in KUBELET_SUITES if "_ECDHE_" in one}


def test_audit_logs_and_ended_pods_are_kept_as_the_benchmark_says() -> None:
    # CIS Kubernetes Benchmark, 1.2 (audit-log-*) and 1.3.1.
    kept = {name: int(API_SERVER[f"audit-log-{name}"]) for name in ("maxage", "maxbackup", "maxsize")}
    assert kept == {"maxage": 30, "maxbackup": 10, "maxsize": 100}
    threshold = int(arguments(CLUSTER["controllerManager"]["extraArgs"])["terminated-pod-gc-threshold"])
    assert 0 < threshold < 12500


def test_what_the_server_reads_lies_in_a_folder_that_it_sees() -> None:
    volumes = CLUSTER["apiServer"]["extraVolumes"]
    read_only = [volume["mountPath"] for volume in volumes if volume["readOnly"]]
    for name in ("authentication-config", "encryption-provider-config", "admission-control-config-file"):
        assert any(API_SERVER[name].startswith(f"{folder}/") for folder in read_only)
    written = [volume["mountPath"] for volume in volumes if not volume["readOnly"]]
    assert any(API_SERVER["audit-log-path"].startswith(f"{folder}/") for folder in written)
    assert all(volume["hostPath"] == volume["mountPath"] for volume in volumes)


def test_a_kubelet_takes_nothing_from_strangers() -> None:
    assert KUBELET["serverTLSBootstrap"] is True
    assert KUBELET["protectKernelDefaults"] is True
    assert KUBELET["tlsMinVersion"] == "VersionTLS12"
    # Critical pods have their part of the whole.
    assert (KUBELET["shutdownGracePeriod"], KUBELET["shutdownGracePeriodCriticalPods"]) == ("45s", "30s")


def test_a_worker_finds_the_cluster_by_a_file_and_bears_its_labels_and_taints() -> None:
    told = parts(join_configuration(worker(), IDENTITY))["JoinConfiguration"]
    assert told["discovery"] == {"file": {"kubeConfigPath": "/etc/kubernetes/discovery.conf"}}
    registration = told["nodeRegistration"]
    assert arguments(registration["kubeletExtraArgs"])["node-labels"] == "team.example.com/kind=general,tier=web"
    assert registration["taints"] == [{"key": "dedicated", "value": "web", "effect": "NoSchedule"}]
    assert registration["ignorePreflightErrors"] == []


def test_a_worker_without_labels_and_taints_has_none() -> None:
    told = parts(join_configuration(worker(labels={}, taints=()), IDENTITY))["JoinConfiguration"]
    assert "node-labels" not in arguments(told["nodeRegistration"]["kubeletExtraArgs"])
    # Absent, kubeadm would choose.
    assert told["nodeRegistration"]["taints"] == []


def test_a_control_plane_node_takes_no_applications() -> None:
    (taint,) = INIT["nodeRegistration"]["taints"]
    assert taint == {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


@few
@given(
    st.lists(st.ip_addresses(v=4).map(str), min_size=1, max_size=7, unique=True),
    st.ip_addresses(v=4).map(str),
    st.integers(0, 2**64 - 1),
)
def test_members_and_node_are_where_they_belong_and_equal_facts_are_equal_text(
    members: list[str], address: str, number: int
) -> None:
    identity = Identity(f"i-{number:017x}", "us-west-2b", address)
    text = control_plane_configuration(control_plane(), members, identity)
    found = parts(text)
    assert len(found) == 3
    assert found["InitConfiguration"]["localAPIEndpoint"] == {"advertiseAddress": address, "bindPort": 6443}
    assert len(found["ClusterConfiguration"]["etcd"]["external"]["endpoints"]) == len(members)
    assert text == control_plane_configuration(control_plane(), members, identity)
    # JSON is YAML: every part is both.
    assert [json.loads(part) for part in text.split("---\n")] == list(yaml.safe_load_all(text))


PREFLIGHT = """\
W0714 configset.go:77 something
[preflight] Some fatal errors occurred:
\t[ERROR Port-6443]: Port 6443 is in use
\t[ERROR Swap]: running with swap on
[preflight] If you know what you are doing, you can make a check non-fatal
error: error execution phase preflight: preflight checks failed
To see the stack trace of this error execute with --v=5 or higher
"""


def test_what_kubeadm_says_is_what_is_wrong() -> None:
    assert error_message(PREFLIGHT).split("; ") == [
        "[ERROR Port-6443]: Port 6443 is in use",
        "[ERROR Swap]: running with swap on",
        "error: error execution phase preflight: preflight checks failed",
    ]
    assert error_message("it broke\n") == "it broke"


def test_a_very_long_complaint_is_cut() -> None:
    assert len(error_message("error: " + "x" * 5000)) < 700


# Memory that Linux finds on instances of 2, 4, 8 and 16 GiB. EKS' table has 1465 MiB for 110 pods.
@pytest.mark.parametrize(
    ("memory", "pods", "reserved"),
    [(1000, 10, "365Mi"), (1900, 20, "475Mi"), (3830, 63, "948Mi"), (7700, 110, "1465Mi"), (63000, 110, "1465Mi")],
)
def test_memory_is_reserved_by_the_number_of_pods(memory: int, pods: int, reserved: str) -> None:
    for patches in (control_plane_patches((), memory), worker_patches(memory)):
        patch = json.loads(patches[KUBELET_PATCH])
        assert (patch["maxPods"], patch["kubeReserved"]["memory"]) == (pods, reserved)
    joins = parts(join_configuration(worker(), IDENTITY))["JoinConfiguration"]
    assert joins["patches"] == INIT["patches"] == {"directory": KUBEADM_PATCHES}
    assert (KUBELET["maxPods"], KUBELET["kubeReserved"]["memory"]) == (110, "1465Mi")
