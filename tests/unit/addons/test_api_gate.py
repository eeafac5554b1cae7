"""The gate before add-ons: what it waits for, what it says, and that a preview does not wait."""

import asyncio
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from support.access.api_server import ApiServer, api_server, kubeconfig_to
from tripod.addons.framework.api_gate import ApiGate, ApiNotReadyError
from tripod.control_plane.api_status import ApiClient
from tripod.control_plane.session_tunnel import SessionTunnel


class KnownTunnel(SessionTunnel):
    """A tunnel that is open, or is not for a reason."""

    def __init__(self, reason: str = "", *, foreign: bool = False) -> None:
        super().__init__(16443, "us-west-2")
        self.reason, self.foreign = reason, foreign
        self.opened: list[Sequence[str]] = []
        self.left = 0

    def open(self, nodes: Sequence[str]) -> str:
        self.opened.append(nodes)
        return self.reason

    @property
    def is_foreign(self) -> bool:
        return self.foreign

    def change_node(self) -> None:
        self.left += 1


@pytest.fixture
def api(tmp_path: Path) -> Generator[ApiServer]:
    with api_server(tmp_path) as server:
        yield server


def gate(api: ApiServer, tunnel: SessionTunnel | None = None, instances: Sequence[str] | None = ("i-1",)) -> ApiGate:
    async def found() -> Sequence[str] | None:
        return instances

    return ApiGate(ApiClient.of(kubeconfig_to(api.port)), 3, tunnel, found, print)


def test_it_opens_the_tunnel_before_it_asks(api: ApiServer) -> None:
    tunnel = KnownTunnel()
    assert asyncio.run(gate(api, tunnel).missing()) == ""
    assert tunnel.opened == [("i-1",)]
    assert tunnel.left == 0


def test_a_tunnel_that_does_not_open_is_the_reason(api: ApiServer) -> None:
    assert asyncio.run(gate(api, KnownTunnel("no session")).missing()) == "no session"


@pytest.mark.parametrize("instances", [None, ()])
def test_without_a_running_node_it_points_to_the_groups(api: ApiServer, instances: Sequence[str] | None) -> None:
    said = asyncio.run(gate(api, KnownTunnel(), instances).missing())
    assert said == "no control-plane node is running: see the activities of its auto-scaling groups"


def test_a_node_that_is_not_ready_is_left_for_the_next(api: ApiServer) -> None:
    api.failing = ["etcd"]
    tunnel = KnownTunnel()
    asyncio.run(gate(api, tunnel).missing())
    assert tunnel.left == 1


def test_a_session_with_a_ready_node_stays_while_others_register(api: ApiServer) -> None:
    api.nodes = ["i-1"]
    tunnel = KnownTunnel()
    assert "1 of 3" in asyncio.run(gate(api, tunnel).missing())
    assert tunnel.left == 0


def test_a_port_of_somebody_else_is_named(api: ApiServer) -> None:
    api.failing = ["etcd"]
    tunnel = KnownTunnel(foreign=True)
    said = asyncio.run(gate(api, tunnel).missing())
    assert said.endswith("(port 16443 was in use: end what listens there, or set access.tunnelPort)")
    assert tunnel.left == 0


def test_it_waits_until_the_last_node_has_registered(api: ApiServer) -> None:
    api.nodes = ["i-1"]

    async def wait() -> None:
        waiting = asyncio.create_task(gate(api).wait(30, 0.05))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        api.nodes = ["i-1", "i-2", "i-3"]
        await waiting

    asyncio.run(wait())


def test_after_the_deadline_it_names_what_is_missing_and_what_to_do(api: ApiServer) -> None:
    api.nodes = ["i-1"]
    with pytest.raises(ApiNotReadyError) as error:
        asyncio.run(gate(api).wait(0.2, 0.05))
    assert "1 of 3 control-plane nodes have registered (i-1)" in str(error.value)
    assert "run `pulumi up` again" in str(error.value)
