"""Join token of workers: short-lived, in an SSM parameter that only the cluster's nodes may read."""

import base64
import binascii
import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..core.typed_json import JsonObject
from ..instance.context import Agent
from .kubectl import ApiError, Kubectl

NAMESPACE = "kube-system"

WORKERS_GROUP = "system:bootstrappers:tripod:workers"
"""The group of this token's holders. Not kubeadm's default group: each `kubeadm init` restores the binding by which
that group's certificates are approved automatically."""

PATTERN = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}")

_ALPHABET = string.ascii_lowercase + string.digits
_PREFIX = "bootstrap-token-"


@dataclass(frozen=True)
class Rotation:
    """Rotation of the token.

    Attributes:
        interval: the time between two tokens.
        lifetime: validity of a token. Several intervals, so that workers can still join after the control plane
            was down for some hours.
    """

    interval: timedelta = timedelta(hours=1)
    lifetime: timedelta = timedelta(hours=6)


def new_token() -> str:
    """Make a random token."""
    first, second = ("".join(secrets.choice(_ALPHABET) for _ in range(length)) for length in (6, 16))
    return f"{first}.{second}"


def token_secret(token: str, expires: datetime) -> JsonObject:
    """Build the Secret by which API servers accept a token.

    Args:
        token: the token.
        expires: its expiry, when the controller manager removes it.
    """
    identity, _, proof = token.partition(".")
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "bootstrap.kubernetes.io/token",
        "metadata": {"name": f"{_PREFIX}{identity}", "namespace": NAMESPACE},
        "stringData": {
            "description": "Workers join with it. The agent on control-plane nodes rotates it.",
            "token-id": identity,
            "token-secret": proof,
            "expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            # It authenticates, and signs nothing: workers discover the cluster by a file.
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": WORKERS_GROUP,
        },
    }


def is_fresh(found: JsonObject | None, token: str, now: datetime, rotation: Rotation) -> bool:
    """Return True if a token need not be changed yet.

    Args:
        found: its Secret, as the API returns it; None if there is none.
        token: the token.
        now: the time of day.
        rotation: interval and lifetime of tokens.
    """
    if found is None:
        return False
    try:
        data = {name: base64.b64decode(value).decode() for name, value in found["data"].items()}
        expires = datetime.fromisoformat(data["expiration"])
        same = f"{data['token-id']}.{data['token-secret']}" == token
        ours = data["auth-extra-groups"] == WORKERS_GROUP
        return same and ours and expires - now > rotation.lifetime - rotation.interval
    except (LookupError, ValueError, TypeError, AttributeError, binascii.Error):
        return False


def rotate(agent: Agent, kubectl: Kubectl, rotation: Rotation | None = None) -> str:
    """Publish a new token if the present one is old.

    Every control-plane node does this; the first one does it for all. Two at the same time do no harm: both tokens
    are valid, and one of them is in the parameter.

    Raises:
        AgentError: AWS or the API refuses, or does not answer in time.
    """
    chosen = rotation or Rotation()
    parameter = agent.config.control_plane.join_token_parameter
    present = (agent.aws.parameter(parameter) or "").strip()
    if PATTERN.fullmatch(present):
        name = f"{_PREFIX}{present.partition('.')[0]}"
        found = agent.retry("token", lambda: kubectl.find("secret", name, NAMESPACE))
        if is_fresh(found, present, agent.now(), chosen):
            return "the present token is fresh"
    return _publish(agent, kubectl, chosen)


def rotate_now(agent: Agent, kubectl: Kubectl) -> str:
    """Publish a new token, and revoke every other one that workers could join with.

    Raises:
        AgentError: AWS or the API refuses, or does not answer in time.
    """
    said = _publish(agent, kubectl, Rotation())
    present = (agent.aws.parameter(agent.config.control_plane.join_token_parameter) or "").strip()
    taken = agent.retry("old tokens", lambda: _revoke_others(kubectl, f"{_PREFIX}{present.partition('.')[0]}"))
    return f"{said}; {taken} taken back"


def _revoke_others(kubectl: Kubectl, present: str) -> int:
    """Delete the tokens of workers except one, and count them."""
    found = kubectl.list("secrets", f"--namespace={NAMESPACE}", "--field-selector=type=bootstrap.kubernetes.io/token")
    others = [one["metadata"]["name"] for one in found if _is_ours(one) and one["metadata"]["name"] != present]
    for name in others:
        kubectl.run("delete", "secret", name, f"--namespace={NAMESPACE}", "--ignore-not-found")
    return len(others)


def _is_ours(secret: JsonObject) -> bool:
    """Return True if a token is for workers. People may have made others."""
    groups = secret.get("data", {}).get("auth-extra-groups", "")
    return groups == base64.b64encode(WORKERS_GROUP.encode()).decode()


def _publish(agent: Agent, kubectl: Kubectl, chosen: Rotation) -> str:
    """Make a token, and publish it to API servers, then to workers."""
    token = new_token()
    expires = agent.now() + chosen.lifetime
    # API servers first: they must accept it before workers use it.
    agent.retry("token", lambda: _create(kubectl, token_secret(token, expires)))
    agent.aws.call(
        "ssm",
        "put_parameter",
        Name=agent.config.control_plane.join_token_parameter,
        Value=token,
        Type="SecureString",
        KeyId=agent.config.control_plane.secrets_key,
        Overwrite=True,
    )
    # AWS takes no tags with a value that overwrites another.
    agent.aws.call(
        "ssm",
        "add_tags_to_resource",
        ResourceType="Parameter",
        ResourceId=agent.config.control_plane.join_token_parameter,
        Tags=agent.config.control_plane.own_tags,
    )
    return f"a new token, until {expires:%Y-%m-%d %H:%M} UTC"


def _create(kubectl: Kubectl, body: JsonObject) -> None:
    try:
        kubectl.create(body)
    except ApiError as error:
        # An earlier try reached the server, and its answer did not reach us.
        if error.reason != "AlreadyExists":
            raise
