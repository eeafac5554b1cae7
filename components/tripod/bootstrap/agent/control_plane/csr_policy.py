"""Policy for kubelets' certificate requests: pure decisions. Requests are untrusted, answers of EC2 are trusted.

A holder of the join token can request the certificate of any node. So a first certificate is approved only for an
instance that EC2 knows as a worker of this cluster, and only for one public key: the first that is approved is recorded
in a tag of the instance, is approved again whenever it comes back, and no other one is.

A kubelet that rotates its certificates keeps a key in memory and waits 15 minutes for an answer (client-go,
util/certificate: certificateWaitTimeout); when it gives up or starts again, it asks with a new key. So an older request
is left undecided, and a newer one is decided first. A kubelet that ends between approval and certificate is denied
afterwards: its instance must be replaced. A node's renewal of its own certificate stays with the controller manager.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ..core.typed_json import JsonObject
from ..node.csr import CLIENT_SIGNER, SERVING_SIGNER, Request, RequestedCertificate
from ..node.join_token import WORKERS_GROUP

NODES_GROUP = "system:nodes"
KEY_TAG = "tripod:kubelet-key"
"""Tag of a worker: the fingerprint of the first public key that a certificate was requested for, of 71 characters
(EC2 allows values of 256, with letters, digits and ``:``)."""

UNKNOWN_FOR = timedelta(minutes=10)
"""Time in which EC2 may not know an instance: its answers lag behind its launches."""

KUBELET_WAITS = timedelta(minutes=15)
"""Time that a kubelet waits for the answer to a request."""

_REPLACE = "terminate it, its group launches another"
_NODE = re.compile(r"system:node:(?P<instance>i-[0-9a-f]{8,17})")
_ALWAYS, _WITH_RSA = frozenset({"digital signature"}), frozenset({"digital signature", "key encipherment"})
_CLIENT_USAGES = (_ALWAYS | {"client auth"}, _WITH_RSA | {"client auth"})
_SERVING_USAGES = (_ALWAYS | {"server auth"}, _WITH_RSA | {"server auth"})


class Verdict(Enum):
    """Outcome of a request."""

    APPROVE = "approve"
    DENY = "deny"
    WAIT = "wait"
    """Undecided: decided in a later round."""
    LEAVE = "leave"
    """Decided by another approver."""


@dataclass(frozen=True)
class Decision:
    """A verdict and its reason.

    Attributes:
        verdict: the outcome of the request.
        reason: one sentence, stored in the request's condition.
        first_key: fingerprint of a key that must be recorded as the instance's first before it is approved; empty if
            it is, or need not be.
    """

    verdict: Verdict
    reason: str
    first_key: str = ""


@dataclass(frozen=True)
class Instance:
    """An EC2 instance as EC2 describes it.

    Attributes:
        state: its state, such as running.
        cluster: the owning cluster, by its tags.
        role: its role, by its tags.
        key: fingerprint of its first public key, by its tags; empty if none is recorded.
        names: its names in DNS.
        addresses: the primary private addresses of its interfaces.
    """

    state: str
    cluster: str
    role: str
    key: str
    names: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True)
class RequestContext:
    """Facts for a decision, beside the request.

    Attributes:
        cluster: this cluster's name.
        instance: the instance that the request names; None if EC2 knows none.
        is_node: True if a node has that name, ready or not.
        created: the creation time of the request.
        now: the time of day.
    """

    cluster: str
    instance: Instance | None
    is_node: bool
    created: datetime
    now: datetime


def instance_of(described: JsonObject) -> Instance:
    """Convert an instance of an ``ec2:DescribeInstances`` answer."""
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
    names = {described["InstanceId"], described.get("PrivateDnsName", "")}
    addresses: Sequence[JsonObject] = [
        address
        for interface in described.get("NetworkInterfaces", [])
        for address in interface.get("PrivateIpAddresses", [])
    ]
    # Further addresses of an interface are pods' where the network plugin gives pods addresses of the VPC.
    primary = {address["PrivateIpAddress"] for address in addresses if address.get("Primary")}
    cluster = tags.get("cluster", "")
    return Instance(
        state=described["State"]["Name"],
        cluster=cluster if tags.get(f"kubernetes.io/cluster/{cluster}") == "owned" else "",
        role=tags.get("tripod:role", ""),
        key=tags.get(KEY_TAG, ""),
        names=frozenset(names - {""}),
        addresses=frozenset(primary | {described.get("PrivateIpAddress", "")} - {""}),
    )


def node_named(request: Request) -> str | None:
    """Return the id of the instance that a request names; None if its subject is not a node."""
    if request.certificate is None or request.certificate.organisation != NODES_GROUP:
        return None
    found = _NODE.fullmatch(request.certificate.name)
    return found["instance"] if found else None


def is_ours(request: Request) -> bool:
    """Return True if this approver decides on a request."""
    if request.signer == SERVING_SIGNER:
        return True
    # A node renews its own certificate; the controller manager verifies that it is its own.
    return request.signer == CLIENT_SIGNER and NODES_GROUP not in request.groups


def decide(request: Request, context: RequestContext) -> Decision:
    """Decide on a request.

    Args:
        request: the request.
        context: facts beside it.
    """
    if not is_ours(request):
        return Decision(Verdict.LEAVE, "it is the controller manager's, or another signer's")
    node = node_named(request)
    if request.certificate is None or node is None:
        return _deny("it does not ask for what a kubelet asks for")
    if context.instance is None:
        if context.now - context.created < UNKNOWN_FOR:
            return Decision(Verdict.WAIT, f"EC2 does not know {node} yet")
        return _deny(f"EC2 knows no instance {node}")
    if context.instance.state != "running" or context.instance.cluster != context.cluster:
        return _deny(f"{node} is not a running instance of {context.cluster}")
    if request.signer == CLIENT_SIGNER:
        return _first_client_certificate(request, request.certificate, node, context, context.instance)
    return _serving_certificate(request, request.certificate, node, context.instance)


def _first_client_certificate(
    request: Request,
    certificate: RequestedCertificate,
    node: str,
    context: RequestContext,
    instance: Instance,
) -> Decision:
    if WORKERS_GROUP not in request.groups or not request.username.startswith("system:bootstrap:"):
        return _deny(f"{request.username} did not come with the join token")
    if request.usages not in _CLIENT_USAGES or certificate.dns or certificate.addresses:
        return _deny("it is to be good for more than a kubelet's requests")
    if instance.role != "workers":
        return _deny(f"{node} is no worker: control-plane nodes sign for themselves")
    if context.now - context.created > KUBELET_WAITS:
        return Decision(Verdict.WAIT, "its kubelet waits for it no longer")
    if instance.key:
        return decide_on_key(node, certificate.key, instance.key)
    if context.is_node:
        return _deny(f"{node} is a node already, and no key of it is recorded: {_REPLACE}")
    return Decision(Verdict.APPROVE, f"EC2 knows {node} as a new worker of {context.cluster}", certificate.key)


def decide_on_key(node: str, key: str, first: str) -> Decision:
    """Approve the first public key of an instance, and deny any other.

    Args:
        node: the instance.
        key: fingerprint of the requested key.
        first: fingerprint of the first one.
    """
    if key == first:
        return Decision(Verdict.APPROVE, f"{node} has this key since its first request")
    return _deny(f"{node} has another key since its first request, and one of the two is an impostor's: {_REPLACE}")


def _serving_certificate(
    request: Request, certificate: RequestedCertificate, node: str, instance: Instance
) -> Decision:
    if request.username != certificate.name or NODES_GROUP not in request.groups:
        return _deny(f"{request.username} asks for the certificate of {node}")
    if request.usages not in _SERVING_USAGES:
        return _deny("it is to be good for more than serving")
    if instance.role not in ("workers", "control-plane"):
        return _deny(f"{node} runs no kubelet")
    unknown = sorted((certificate.dns - instance.names) | (certificate.addresses - instance.addresses))
    if unknown:
        return _deny(f"EC2 does not know {node} by {', '.join(unknown)}")
    if not certificate.dns and not certificate.addresses:
        return _deny("it names nothing to serve as")
    return Decision(Verdict.APPROVE, f"EC2 knows {node} by every name and address in it")


def _deny(reason: str) -> Decision:
    return Decision(Verdict.DENY, reason)
