"""A quorum, asked over real TLS: the members' side is a server of the test's own."""

import json
import ssl
from collections.abc import Callable, Generator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.http_server import serving
from support.agent.instance import MEMBERS, put_topology
from support.agent.kubernetes_nodes import NOW, Secrets, authority, control_plane, node_instance
from support.stacks.samples import few
from tripod.bootstrap.agent.control_plane import etcd_quorum
from tripod.bootstrap.agent.control_plane.certificates import LEAF, ensure_etcd_certificate
from tripod.bootstrap.agent.control_plane.etcd_quorum import await_quorum, query_health, quorum
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.host.certificates import Authority, Leaf, ensure_certificate
from tripod.bootstrap.agent.host.host import Host
from tripod.bootstrap.agent.node.paths import ETCD_CA, ETCD_CLIENT_CERTIFICATE, ETCD_CLIENT_KEY

WELL = {"health": "true", "reason": ""}
ILL = {"health": "false", "reason": "RAFT NO LEADER"}


class Member:
    """Something that answers like a member."""

    def __init__(self) -> None:
        self.address, self.status, self.body = "", 200, WELL

    def answer(self, _: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        return self.status, json.dumps(self.body).encode()


def issue(host: Host, signer: str, what: Leaf, certificate: str, key: str) -> None:
    signing = Authority(**authority(signer))
    ensure_certificate(host, signing, what, certificate=certificate, key=key, now=NOW)


@pytest.fixture
def member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Member]:
    """A member that answers over TLS both ways."""
    issue(Host(tmp_path), "etcd-ca", Leaf("a", ("127.0.0.1",)), "/server.crt", "/server.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    context.load_verify_locations(cadata=authority("etcd-client-ca")["certificate"])
    context.verify_mode = ssl.CERT_REQUIRED
    made = Member()

    def url(_: str) -> str:
        return f"https://{made.address}"

    monkeypatch.setattr(etcd_quorum, "client_url", url)
    with serving(made.answer, context) as made.address:
        yield made


def host(folder: Path, trusted: str = "etcd-ca", signer: str = "etcd-client-ca") -> Host:
    made = Host(folder)
    made.write(ETCD_CA, authority(trusted)["certificate"])
    issue(made, signer, LEAF, ETCD_CLIENT_CERTIFICATE, ETCD_CLIENT_KEY)
    return made


def test_a_member_that_is_well_says_so_to_whoever_shows_a_certificate(tmp_path: Path, member: Member) -> None:
    assert query_health(host(tmp_path), "10.0.192.16") == ""


def test_a_member_without_a_leader_is_not_well(tmp_path: Path, member: Member) -> None:
    member.body = ILL
    assert query_health(host(tmp_path), "10.0.192.16") == "RAFT NO LEADER"
    member.status = 503
    assert "503" in query_health(host(tmp_path), "10.0.192.16")


@pytest.mark.parametrize(("trusted", "signer"), [("other", "etcd-client-ca"), ("etcd-ca", "other")])
def test_neither_a_member_nor_a_client_of_another_authority_is_believed(
    trusted: str, signer: str, tmp_path: Path, member: Member
) -> None:
    assert query_health(host(tmp_path, trusted, signer), "10.0.192.16") != ""


def test_a_member_that_answers_nonsense_or_nothing_is_not_well(tmp_path: Path, member: Member) -> None:
    made = host(tmp_path)
    member.body = {}
    assert "not healthy" in query_health(made, "10.0.192.16")
    member.address = "127.0.0.1:1"
    assert query_health(made, "10.0.192.16") != ""


@few
@given(st.dictionaries(st.ip_addresses(v=4).map(str), st.booleans(), min_size=1, max_size=7))
def test_one_member_that_is_well_is_a_quorum_and_none_is_none(members: dict[str, bool]) -> None:
    found = quorum(members, lambda address: "" if members[address] else "no answer")
    assert found.exists == any(members.values())
    assert found.unhealthy.keys() == {address for address, well in members.items() if not well}
    assert str(found).startswith(f"{len(found.healthy)} of {len(members)} members are well")


def asking(answers: Mapping[str, list[str]]) -> Callable[[str], str]:
    """Members that say one thing after another."""

    def ask(address: str) -> str:
        said = answers[address]
        return said.pop(0) if len(said) > 1 else said[0]

    return ask


def test_a_node_waits_for_a_quorum_and_not_for_every_member(tmp_path: Path, cluster: Secrets) -> None:
    standing = node_instance(tmp_path, control_plane())
    answers = {address: ["connection refused"] for address in MEMBERS.values()}
    answers["10.0.208.16"] = ["connection refused", "connection refused", ""]
    assert await_quorum(standing.agent, asking(answers)).startswith("1 of 3 members are well; 10.0.192.16: ")
    assert standing.clock.time > 0
    assert any("0 of 3 members are well" in line for line in standing.lines)


def test_without_a_quorum_the_boot_ends_with_one_message(tmp_path: Path, cluster: Secrets) -> None:
    standing = node_instance(tmp_path, control_plane())
    with pytest.raises(AgentError, match=r"quorum of etcd: 0 of 3 members are well; .*timed out.*gave up after 600 s"):
        await_quorum(standing.agent, lambda _: "timed out")


@pytest.mark.parametrize(
    ("topology", "why"),
    [((dict[str, str](), "0a1b2c3d"), "names no member"), ((MEMBERS, "99999999"), "is of incarnation 99999999")],
)
def test_another_clusters_members_are_not_asked(
    topology: tuple[dict[str, str], str], why: str, tmp_path: Path, cluster: Secrets
) -> None:
    put_topology(*topology)
    with pytest.raises(AgentError, match=why):
        await_quorum(node_instance(tmp_path, control_plane()).agent, lambda _: "")


def test_the_certificate_that_is_shown_is_the_one_that_the_phase_issues(
    tmp_path: Path, cluster: Secrets, member: Member
) -> None:
    standing = node_instance(tmp_path, control_plane())
    ensure_etcd_certificate(standing.agent)
    standing.machine.write(ETCD_CA, control_plane().etcd_ca)
    assert await_quorum(standing.agent) == "3 of 3 members are well"
    assert standing.clock.time == 0
