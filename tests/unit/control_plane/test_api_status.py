"""An API that is asked over TLS, with the kubeconfig that a cluster renders."""

from collections.abc import Generator
from pathlib import Path

import pytest

from support.access.api_server import ApiServer, api_server, kubeconfig_to
from support.controlplane.authority import Authority
from tripod.control_plane.api_status import ApiClient, missing_nodes, unready_reason


@pytest.fixture
def api(tmp_path: Path) -> Generator[ApiServer]:
    with api_server(tmp_path) as server:
        yield server


def missing(api: ApiServer, nodes: int = 3) -> str:
    client = ApiClient.of(kubeconfig_to(api.port))
    return unready_reason(client) or missing_nodes(client, nodes)


def test_nothing_is_missing_where_it_is_ready_and_its_nodes_are_registered(api: ApiServer) -> None:
    assert missing(api) == ""


def test_failed_checks_of_readyz_are_named(api: ApiServer) -> None:
    api.failing = ["etcd", "informer-sync"]
    assert missing(api) == "the API answers /readyz with 500: etcd failed; informer-sync failed"


def test_nodes_that_have_registered_are_named(api: ApiServer) -> None:
    api.nodes = ["i-3", "i-1"]
    assert missing(api) == "2 of 3 control-plane nodes have registered (i-1, i-3)"
    api.nodes = []
    assert missing(api) == "0 of 3 control-plane nodes have registered (none)"


def test_another_clusters_server_is_not_trusted(api: ApiServer) -> None:
    said = unready_reason(ApiClient.of(kubeconfig_to(api.port, Authority("another"))))
    assert said.startswith("the API does not answer: 127.0.0.1:")
    assert "certificate verify failed" in said


def test_a_port_that_nothing_listens_on_is_named(api: ApiServer, tmp_path: Path) -> None:
    with api_server(tmp_path) as other:
        gone = other.port
    client = ApiClient.of(kubeconfig_to(gone))
    for said in (unready_reason(client), missing_nodes(client, 3)):
        assert f"127.0.0.1:{gone}: " in said
