"""Authentication of certificates, of tokens, and of requests without either."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from support.agent import kubernetes_nodes
from support.agent.instance import aws
from support.controlplane.authority import Authority, Usage
from support.controlplane.caller import Caller
from support.controlplane.etcd.client import Credentials
from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_cluster import Cluster
from support.controlplane.local_remote import local_remote
from tripod.bootstrap.agent.control_plane.role import rotate_join_token
from tripod.bootstrap.agent.node.join_token import WORKERS_GROUP
from tripod.operations.remote import ask

PARAMETER = kubernetes_nodes.control_plane().join_token_parameter


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/livez", 200),
        ("/readyz", 200),
        ("/healthz", 200),
        ("/version", 401),
        ("/api", 401),
        ("/metrics", 401),
        ("/api/v1/namespaces/kube-public/configmaps/cluster-info", 401),
    ],
)
def test_nothing_is_anonymous_but_health(path: str, status: int, running: Cluster) -> None:
    assert [server.api.status(path) for server in running.servers] == [status] * 2


def test_a_certificate_of_another_authority_is_refused(running: Cluster) -> None:
    # Of the same name, and for the most powerful group.
    other = Authority("kubernetes")
    for server in range(2):
        assert running.caller("admin", ["system:masters"], server).name() == "admin"
        stranger = running.caller("admin", ["system:masters"], server, signed_by=other)
        assert stranger.ask("GET", "/api/v1/namespaces").status == 401


def test_a_certificate_that_has_ended_is_refused(running: Cluster) -> None:
    issued = running.authority.issue("late", [Usage.CLIENT], groups=["system:masters"], validity=timedelta(minutes=-1))
    shown = Credentials.written(running.folder, "late", running.authority.certificate, issued)
    assert Caller(running.address(0), shown.context()).ask("GET", "/api/v1/namespaces").status == 401


def test_members_of_etcd_refuse_whom_only_the_cluster_knows(running: Cluster) -> None:
    issued = running.authority.issue("kube-apiserver", [Usage.CLIENT])
    shown = Credentials.written(running.folder, "cluster", running.network.etcd_authority.certificate, issued)
    member = running.etcd.members[0]
    get = ("etcdctl", f"--endpoints={member.endpoint}", "--command-timeout=5s", *shown.flags(), "get", "x")
    assert member.instance.run(*get, check=False).returncode != 0
    assert member.etcdctl("get", "x")["header"]


def signed(claims: Mapping[str, Any], key: rsa.RSAPrivateKey) -> str:
    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    head = part(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    text = f"{head}.{part(json.dumps(claims).encode())}"
    return f"{text}.{part(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def test_a_service_accounts_token_is_good_for_its_time_and_of_the_clusters_key_alone(running: Cluster) -> None:
    issued = running.api.run("create", "token", "default", "--namespace=default").strip()
    claims = json.loads(base64.urlsafe_b64decode(issued.split(".")[1] + "=="))
    own = load_pem_private_key(running.secrets["service-accounts"]["private_key"].encode(), None)
    assert isinstance(own, rsa.RSAPrivateKey)
    now = datetime.now(UTC)

    def lasting(begin: timedelta, end: timedelta) -> dict[str, Any]:
        first, last = (int((now + moment).timestamp()) for moment in (begin, end))
        return {**claims, "iat": first, "nbf": first, "exp": last}

    present = lasting(timedelta(minutes=-5), timedelta(minutes=5))
    over = lasting(timedelta(hours=-2), timedelta(hours=-1))
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for server in range(2):
        # What the test signs as the cluster does is taken: the refusals are for what differs, and nothing else.
        assert running.bearer(signed(present, own), server).name() == "system:serviceaccount:default:default"
        assert running.bearer(signed(over, own), server).name() is None
        assert running.bearer(signed(present, other), server).name() is None


def known(running: Cluster, token: str) -> None:
    """Wait until every server knows a join token: they learn of it by watching."""
    name = f"system:bootstrap:{token.partition('.')[0]}"
    for server in range(2):
        until("the token", lambda server=server: running.bearer(token, server).name() == name, 10)


def published() -> str:
    return aws("ssm").get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"]


def test_a_join_token_is_good_for_its_time_and_the_next_takes_its_place(running: Cluster) -> None:
    node, first = running.nodes[0], published()
    known(running, first)
    assert node.command(rotate_join_token) == "the present token is fresh"
    assert published() == first
    # A wrong half, and a token that was never one.
    identity = first.partition(".")[0]
    for wrong in (f"{identity}.{'0' * 16}", f"abcdef.{'0' * 16}"):
        assert running.bearer(wrong).name() is None
    # One that was made seven hours ago, when its life was six.
    aws("ssm").delete_parameter(Name=PARAMETER)
    seven_hours_ago = datetime.now(UTC) - timedelta(hours=7)
    assert node.command(rotate_join_token, now=lambda: seven_hours_ago).startswith("a new token, until ")
    old = published()
    assert running.bearer(old).name() is None
    # The next round finds that out, by whichever node it is done.
    assert running.nodes[1].command(rotate_join_token).startswith("a new token, until ")
    assert published() not in (first, old)
    known(running, published())
    # An hour later there is another, and the one before is still good for those who have just read it.
    before, later = published(), datetime.now(UTC) + timedelta(minutes=61)
    assert node.command(rotate_join_token, now=lambda: later).startswith("a new token, until ")
    assert published() != before
    known(running, published())
    known(running, before)


def test_a_join_token_that_is_rotated_by_hand_leaves_no_other(running: Cluster) -> None:
    tokens = [published()]
    with local_remote(running.nodes) as remote:
        for node in running.nodes:
            assert "a new token" in ask(remote, node.id, "rotate-join-token")["said"]
            tokens.append(published())
    *before, present = tokens
    assert len(set(tokens)) == 3
    known(running, present)
    until("the others are refused", lambda: {running.bearer(token).name() for token in before} == {None}, 10)
    secrets = running.api.list(
        "secrets", "--namespace=kube-system", "--field-selector=type=bootstrap.kubernetes.io/token"
    )
    groups = [base64.b64decode(one["data"]["auth-extra-groups"]).decode() for one in secrets]
    assert groups.count(WORKERS_GROUP) == 1


def test_whoever_has_the_join_token_may_ask_for_a_certificate_and_nothing_else(running: Cluster) -> None:
    token = running.bearer(published())
    assert WORKERS_GROUP in token.user()["groups"]
    for path in ("/api/v1/pods", "/api/v1/namespaces/kube-system/secrets", "/api/v1/namespaces/default/configmaps"):
        assert token.ask("GET", path).status == 403
