"""Image pulls from ECR with the node's role: the kubelet's configuration, and the program that it runs."""

import json
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from support.agent.instance import FACTS
from support.agent.kubernetes_nodes import IDENTITY, control_plane, node_instance, worker
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.instance.context import Agent
from tripod.bootstrap.agent.instance.documents import ControlPlaneDocument, KubernetesDocument, WorkerDocument
from tripod.bootstrap.agent.instance.downloads import Binary
from tripod.bootstrap.agent.node.kubeadm_config import control_plane_configuration, join_configuration
from tripod.bootstrap.agent.node.kubelet_unit import prepare_kubelet
from tripod.bootstrap.agent.node.node_binaries import install_node
from tripod.supply.binaries import node_binaries
from tripod.supply.spec import SupplySpec

SOURCES = replace(FACTS, sources=SupplySpec.load({"ecr_repositories": ["shop/*"]}))
SUPPLY = SOURCES.supply(node_binaries("1.36.4", ecr=True))
NODES = [control_plane(supply=SUPPLY), worker(supply=SUPPLY)]

# ecrPrivateHostPattern of cmd/ecr-credential-provider/main.go, cloud-provider-aws 1.31.7.
TAKEN = re.compile(
    r"^(\d{12})\.dkr[\.\-]ecr(\-fips)?\.([a-zA-Z0-9][a-zA-Z0-9-_]*)\.(amazonaws\.com(?:\.cn)?|on\.(?:aws|amazonwebservices"
    r"\.com\.cn)|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$"
)


SOFTWARE = "tripod.bootstrap.agent.node.node_binaries"


def no_packages(agent: Agent, names: tuple[str, ...]) -> None:
    """The system's own packages, which no test installs."""
    del agent, names


def flags(document: KubernetesDocument) -> dict[str, str]:
    """The kubelet's arguments in kubeadm's rendered configuration."""
    if isinstance(document, ControlPlaneDocument):
        text = control_plane_configuration(document, ["10.0.192.16"], IDENTITY).partition("---")[0]
    else:
        assert isinstance(document, WorkerDocument)
        text = join_configuration(document, IDENTITY)
    found: Any = json.loads(text)
    return {one["name"]: one["value"] for one in found["nodeRegistration"]["kubeletExtraArgs"]}


def matches(pattern: str, host: str) -> bool:
    """URLsMatch of k8s.io/kubernetes pkg/credentialprovider/keyring.go: part by part, as many as the pattern has."""
    wanted, parts = pattern.split("."), host.split(".")
    return len(wanted) == len(parts) and all(map(fnmatchcase, parts, wanted))


@pytest.mark.parametrize("document", NODES, ids=lambda one: one.role)
def test_the_kubelet_s_arguments_lead_to_what_was_written_and_installed(
    document: KubernetesDocument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []

    def install(agent: Agent, binary: Binary) -> None:
        del agent
        installed.append(f"{binary.folder}/{binary.name}")

    monkeypatch.setattr(f"{SOFTWARE}.install_packages", no_packages)
    monkeypatch.setattr(f"{SOFTWARE}.install_binary", install)
    standing = node_instance(tmp_path, document, {"systemctl": ""})
    install_node(standing.agent)
    prepare_kubelet(standing.agent.host, document.supply)
    arguments = flags(document)
    config = json.loads(standing.machine.path(arguments["image-credential-provider-config"]).read_text())
    (provider,) = config["providers"]
    # k8s.io/kubelet/config/v1: the program is the file of the provider's name.
    assert f"{arguments['image-credential-provider-bin-dir']}/{provider['name']}" in installed
    assert (config["apiVersion"], config["kind"]) == ("kubelet.config.k8s.io/v1", "CredentialProviderConfig")
    assert provider["apiVersion"] == "credentialprovider.kubelet.k8s.io/v1"


def test_what_matches_is_what_the_program_takes(tmp_path: Path) -> None:
    standing = node_instance(tmp_path, NODES[1], {"systemctl": ""})
    prepare_kubelet(standing.agent.host, SUPPLY)
    path = flags(NODES[1])["image-credential-provider-config"]
    patterns = json.loads(standing.machine.path(path).read_text())["providers"][0]["matchImages"]
    for pattern in patterns:
        host = pattern.replace("*", "123456789012", 1).replace("*", "us-west-2")
        assert TAKEN.fullmatch(host)
    for host in (
        "123456789012.dkr.ecr.us-west-2.amazonaws.com",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
        "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
        "123456789012.dkr-ecr.us-west-2.on.aws",
    ):
        assert any(matches(pattern, host) for pattern in patterns)
    for host in ("public.ecr.aws", "registry.k8s.io", "dkr.ecr.us-west-2.amazonaws.com", "amazonaws.com"):
        assert not any(matches(pattern, host) for pattern in patterns)


@pytest.mark.parametrize("document", [control_plane(), worker()], ids=lambda one: one.role)
def test_without_repositories_nothing_of_it_is_there(document: KubernetesDocument, tmp_path: Path) -> None:
    standing = node_instance(tmp_path, document, {"systemctl": ""})
    prepare_kubelet(standing.agent.host, document.supply)
    assert not [name for name in flags(document) if "credential" in name]
    assert not list(tmp_path.rglob("*credential*"))


def test_a_program_that_cannot_be_fetched_stops_the_boot_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{SOFTWARE}.install_packages", no_packages)
    monkeypatch.setattr(f"{SOFTWARE}.BINARIES", ())
    missing = {**SUPPLY.binaries, "ecr-credential-provider": {"arm64": SUPPLY.binaries["kubelet"]["arm64"]}}
    standing = node_instance(tmp_path, worker(supply=replace(SUPPLY, binaries=missing)))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(AgentError, match="no ecr-credential-provider for amd64: write its digest"):
        install_node(standing.agent)
