"""The list of etcd's members, from the payload bucket: it changes while the cluster grows."""

import json

from ..aws.client import MissingError
from ..core.errors import AgentError
from ..core.typed_json import JsonObject
from .context import Agent, bucket_of


def topology(agent: Agent) -> dict[str, str]:
    """Member → its address.

    Raises:
        AgentError: there is no such document, or it is another cluster's.
    """
    bucket, key = bucket_of(agent.config.boot.payload), agent.config.boot.topology
    place = f"s3://{bucket}/{key}"
    try:
        text = agent.aws.fetch(bucket, key, b"".join).decode()
    except MissingError:
        raise AgentError(f"{place} does not exist: `pulumi up` puts it there") from None
    return topology_members(text, place, agent.config.document.incarnation)


def topology_members(text: str, place: str, incarnation: str) -> dict[str, str]:
    """Member → its address, of a topology document.

    Args:
        text: the document.
        place: its address, for messages.
        incarnation: the cluster incarnation that it must be of.

    Raises:
        AgentError: it is no topology document, or another cluster's.
    """
    try:
        # Other fields are ignored: agents of earlier versions read it too.
        document: JsonObject = json.loads(text)
        found, members = document["incarnation"], dict[str, str](document["members"])
    except (ValueError, LookupError, TypeError) as error:
        raise AgentError(f"{place} is no topology document: {error!r}; `pulumi up` writes it") from error
    if found != incarnation:
        raise AgentError(f"{place} is of incarnation {found}, this instance of {incarnation}: run `pulumi up`")
    if not members:
        raise AgentError(f"{place} names no member of etcd: run `pulumi up`")
    return dict(sorted(members.items()))
