"""Whoever holds the join token must not become any node but a new worker that EC2 knows."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.certificate_requests import CLIENT, NODE, NODE_GROUPS, SERVING, TOKEN_GROUPS
from support.agent.kubernetes_nodes import NOW
from support.stacks.samples import few
from tripod.bootstrap.agent.control_plane.csr_policy import (
    KUBELET_WAITS,
    UNKNOWN_FOR,
    Instance,
    RequestContext,
    Verdict,
    decide,
    instance_of,
    is_ours,
    node_named,
)
from tripod.bootstrap.agent.node.csr import CLIENT_SIGNER, SERVING_SIGNER, Request, RequestedCertificate
from tripod.core.naming import KUBELET_KEY_TAG

USER = f"system:node:{NODE}"
OWN, OTHERS = "sha256:own", "sha256:other"
FIRST = Request(
    signer=CLIENT_SIGNER,
    username="system:bootstrap:abcdef",
    groups=frozenset(TOKEN_GROUPS),
    usages=frozenset(CLIENT),
    certificate=RequestedCertificate(USER, "system:nodes", frozenset(), frozenset(), OWN),
)
NAMES = frozenset({NODE, "ip-10-0-0-7.us-west-2.compute.internal"})
SERVE = Request(
    signer=SERVING_SIGNER,
    username=USER,
    groups=frozenset(NODE_GROUPS),
    usages=frozenset(SERVING),
    certificate=RequestedCertificate(USER, "system:nodes", NAMES, frozenset({"10.0.0.7"}), "sha256:serves"),
)
WORKER = Instance("running", "demo", "workers", "", NAMES, frozenset({"10.0.0.7"}))
KNOWN = RequestContext("demo", WORKER, is_node=False, created=NOW - timedelta(seconds=5), now=NOW)


def wants(request: Request, **changes: Any) -> Request:
    assert request.certificate is not None
    return replace(request, certificate=replace(request.certificate, **changes))


def about(**changes: Any) -> RequestContext:
    return replace(KNOWN, instance=replace(WORKER, **changes))


def test_a_new_worker_gets_its_first_certificate_and_then_one_to_serve_with() -> None:
    assert decide(FIRST, KNOWN).verdict is Verdict.APPROVE
    late = replace(KNOWN, created=NOW - KUBELET_WAITS - timedelta(seconds=1))
    assert decide(FIRST, late).verdict is Verdict.WAIT
    assert decide(SERVE, KNOWN).verdict is Verdict.APPROVE
    assert decide(replace(SERVE, usages=SERVE.usages | {"key encipherment"}), KNOWN).verdict is Verdict.APPROVE
    # A kubelet that has served for a year asks again, with a new key; it is a node then.
    old = replace(about(key=OWN), is_node=True)
    assert decide(SERVE, old) == decide(SERVE, KNOWN)


def test_an_instances_first_key_is_recorded_and_approved_whenever_it_comes_back() -> None:
    assert decide(FIRST, KNOWN).first_key == OWN
    # An approver was interrupted, or the certificate never reached the node; a node may even have been made.
    for known in (about(key=OWN), replace(about(key=OWN), is_node=True)):
        again = decide(FIRST, known)
        assert (again.verdict, again.first_key) == (Verdict.APPROVE, "")
    # A certificate to serve with, or for another one's key, is no first one.
    assert decide(SERVE, KNOWN).first_key == ""
    assert decide(FIRST, about(key=OTHERS)).first_key == ""


def test_a_control_plane_node_serves_too_and_signs_for_itself() -> None:
    assert decide(SERVE, about(role="control-plane")).verdict is Verdict.APPROVE
    assert decide(FIRST, about(role="control-plane")).verdict is Verdict.DENY


REFUSED: dict[str, tuple[Request, RequestContext, str]] = {
    "an unreadable request": (replace(FIRST, certificate=None), KNOWN, "does not ask for what a kubelet asks for"),
    "an administrator": (wants(FIRST, organisation="system:masters"), KNOWN, "does not ask for what a kubelet"),
    "a user": (wants(FIRST, name="kubernetes-admin"), KNOWN, "does not ask for what a kubelet asks for"),
    "no instance's name": (wants(FIRST, name="system:node:ip-10-0-0-7"), KNOWN, "does not ask for what a kubelet"),
    "a name with more behind it": (wants(FIRST, name=f"{USER}\n"), KNOWN, "does not ask for what a kubelet"),
    "an instance that there is not": (
        FIRST,
        replace(KNOWN, instance=None, created=NOW - UNKNOWN_FOR),
        f"EC2 knows no instance {NODE}",
    ),
    "an instance that ends": (FIRST, about(state="shutting-down"), "is not a running instance of demo"),
    "another cluster's": (FIRST, about(cluster="other"), "is not a running instance of demo"),
    "nobody's": (FIRST, about(cluster=""), "is not a running instance of demo"),
    "a member of etcd": (FIRST, about(role="etcd"), "is no worker"),
    "a node of which no key is recorded": (FIRST, replace(KNOWN, is_node=True), "is a node already, and no key"),
    "another key": (FIRST, about(key=OTHERS), f"{NODE} has another key since its first request"),
    "another key, like the first": (wants(FIRST, key=f"{OWN} "), about(key=OWN), "terminate it, its group launches"),
    "kubeadm's own token": (
        replace(FIRST, groups=frozenset({"system:bootstrappers:kubeadm:default-node-token"})),
        KNOWN,
        "did not come with the join token",
    ),
    "a person": (replace(FIRST, username="somebody"), KNOWN, "did not come with the join token"),
    "a server's usage": (replace(FIRST, usages=FIRST.usages | {"server auth"}), KNOWN, "more than a kubelet's"),
    "no usage": (replace(FIRST, usages=frozenset[str]()), KNOWN, "more than a kubelet's"),
    "a name in DNS": (wants(FIRST, dns=frozenset({NODE})), KNOWN, "more than a kubelet's"),
    "an address": (wants(FIRST, addresses=frozenset({"10.0.0.7"})), KNOWN, "more than a kubelet's"),
    "another's serving certificate": (
        replace(SERVE, username="system:node:i-0fffffffffffffff0"),
        KNOWN,
        "asks for the certificate of",
    ),
    "the token's serving certificate": (
        replace(SERVE, username="system:bootstrap:abcdef", groups=frozenset(TOKEN_GROUPS)),
        KNOWN,
        "asks for the certificate of",
    ),
    "a namesake that is no node": (replace(SERVE, groups=frozenset[str]()), KNOWN, "asks for the certificate of"),
    "a client's usage": (replace(SERVE, usages=frozenset(CLIENT)), KNOWN, "more than serving"),
    "a foreign address": (wants(SERVE, addresses=frozenset({"10.0.0.8"})), KNOWN, "by 10.0.0.8"),
    "the API's name": (wants(SERVE, dns=NAMES | {"api.demo.internal"}), KNOWN, "by api.demo.internal"),
    "nothing to serve as": (wants(SERVE, dns=frozenset(), addresses=frozenset()), KNOWN, "names nothing"),
    "a member that serves": (SERVE, about(role="etcd"), "runs no kubelet"),
    "a worker that is gone": (SERVE, about(state="terminated"), "is not a running instance"),
}


@pytest.mark.parametrize(("request_", "known", "why"), REFUSED.values(), ids=REFUSED)
def test_an_impostor_is_refused_with_the_reason(request_: Request, known: RequestContext, why: str) -> None:
    decision = decide(request_, known)
    assert decision.verdict is Verdict.DENY
    assert why in decision.reason


def test_ec2_may_lag_behind_its_own_launches() -> None:
    unknown = replace(KNOWN, instance=None, created=NOW - UNKNOWN_FOR + timedelta(seconds=1))
    assert decide(FIRST, unknown).verdict is Verdict.WAIT


@pytest.mark.parametrize(
    "request_",
    [
        # A node renews its own: the controller manager sees that it is its own.
        replace(FIRST, username=USER, groups=frozenset(NODE_GROUPS)),
        # And a node that asks for another's is the controller manager's to leave alone.
        replace(FIRST, username="system:node:i-0fffffffffffffff0", groups=frozenset(NODE_GROUPS)),
        replace(FIRST, signer="kubernetes.io/kube-apiserver-client"),
        replace(FIRST, signer="example.com/anything"),
    ],
)
def test_what_is_not_ours_is_left(request_: Request) -> None:
    assert not is_ours(request_)
    assert decide(request_, KNOWN).verdict is Verdict.LEAVE


texts = st.sampled_from(["", "demo", "other", "workers", "control-plane", "etcd", "running", "pending"])
instances = st.none() | st.builds(
    Instance,
    state=texts,
    cluster=texts,
    role=texts,
    key=st.sampled_from(["", OWN, OTHERS]),
    names=st.sets(st.sampled_from([*NAMES, "api.demo.internal"])).map(frozenset),
    addresses=st.sets(st.sampled_from(["10.0.0.7", "10.0.0.8"])).map(frozenset),
)
wanteds = st.none() | st.builds(
    RequestedCertificate,
    name=st.sampled_from([USER, "system:node:x", "admin"]),
    organisation=st.sampled_from(["system:nodes", "system:masters"]),
    dns=st.sets(st.sampled_from([*NAMES, "api.demo.internal"])).map(frozenset),
    addresses=st.sets(st.sampled_from(["10.0.0.7", "10.0.0.8"])).map(frozenset),
    key=st.sampled_from([OWN, OTHERS]),
)
requests = st.builds(
    Request,
    signer=st.sampled_from([CLIENT_SIGNER, SERVING_SIGNER]),
    username=st.sampled_from([USER, "system:bootstrap:abcdef", "somebody"]),
    groups=st.sampled_from([frozenset(TOKEN_GROUPS), frozenset(NODE_GROUPS), frozenset[str]()]),
    usages=st.sampled_from([frozenset(CLIENT), frozenset(SERVING), frozenset({"any"})]),
    certificate=wanteds,
)


@few
@given(requests, instances, st.booleans())
def test_whatever_is_approved_is_what_the_rule_says(
    request_: Request, instance: Instance | None, is_node: bool
) -> None:
    decision = decide(request_, replace(KNOWN, instance=instance, is_node=is_node))
    if decision.verdict is not Verdict.APPROVE:
        return
    assert instance is not None
    assert request_.certificate is not None
    assert (instance.state, instance.cluster, request_.certificate.organisation) == ("running", "demo", "system:nodes")
    if request_.signer == CLIENT_SIGNER:
        assert instance.role == "workers"
        assert request_.certificate.key in (instance.key, decision.first_key)
        assert not (is_node and decision.first_key)
        assert request_.username.startswith("system:bootstrap:")
        assert not request_.certificate.dns | request_.certificate.addresses
    else:
        assert request_.username == request_.certificate.name
        assert request_.certificate.dns <= instance.names
        assert request_.certificate.addresses <= instance.addresses


def described(**changes: Any) -> dict[str, Any]:
    return {
        "InstanceId": NODE,
        "State": {"Name": "running"},
        "PrivateIpAddress": "10.0.0.7",
        "PrivateDnsName": "ip-10-0-0-7.us-west-2.compute.internal",
        "NetworkInterfaces": [
            {
                "PrivateIpAddresses": [
                    {"PrivateIpAddress": "10.0.0.7", "Primary": True},
                    {"PrivateIpAddress": "10.0.0.99", "Primary": False},
                ]
            },
            {"PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.8", "Primary": True}]},
        ],
        "Tags": [
            {"Key": "cluster", "Value": "demo"},
            {"Key": "kubernetes.io/cluster/demo", "Value": "owned"},
            {"Key": "tripod:role", "Value": "workers"},
        ],
        **changes,
    }


def test_an_instance_is_known_by_its_names_and_first_addresses() -> None:
    found = instance_of(described())
    assert found == Instance("running", "demo", "workers", "", NAMES, frozenset({"10.0.0.7", "10.0.0.8"}))
    assert instance_of(described(Tags=[{"Key": KUBELET_KEY_TAG, "Value": OWN}])).key == OWN
    # Further addresses are pods' where pods have addresses of the VPC.
    assert "10.0.0.99" not in found.addresses


def test_an_instance_that_only_says_it_belongs_to_a_cluster_does_not() -> None:
    assert instance_of(described(Tags=[{"Key": "cluster", "Value": "demo"}])).cluster == ""
    assert instance_of(described(Tags=[])).role == ""
    bare = described(NetworkInterfaces=[], PrivateDnsName="")
    assert instance_of(bare).names == {NODE}
    assert instance_of(bare).addresses == {"10.0.0.7"}


def test_only_an_instances_id_is_a_nodes_name() -> None:
    assert node_named(FIRST) == NODE
    assert node_named(wants(FIRST, name="system:node:i-XYZ")) is None
    assert node_named(replace(FIRST, certificate=None)) is None
