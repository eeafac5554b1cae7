"""User data: a small program that fetches the boot agent, verifies it and runs it."""

import base64
import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

USER_DATA_LIMIT = 4096
"""Bytes that the stub stays below. EC2's own limit is 16384; what is small is read."""

METADATA_SERVICE = "http://169.254.169.254"


@dataclass(frozen=True)
class BootPointers:
    """What an instance is told in its user data: where the rest is, and who it is. No secret.

    Attributes:
        role: etcd, control-plane or workers.
        name: which member or worker group it is; empty for control-plane nodes.
        region: its region.
        payload: the payload bucket's address.
        agent: the boot agent's archive in that bucket; the key ends in its sha256.
        document: its role's document in that bucket; the key ends in its sha256.
        topology: the document of etcd's members in that bucket.
        metadata: the instance metadata service.
        endpoint: an emulator's address; empty for AWS itself.
    """

    role: str
    name: str
    region: str
    payload: str
    agent: str
    document: str
    topology: str
    metadata: str = METADATA_SERVICE
    endpoint: str = ""


@cache
def _stub() -> str:
    return files("tripod.bootstrap").joinpath("stub.py.template").read_text()


def user_data(pointers: BootPointers) -> str:
    """The user data of an instance, as EC2 wants it: in base64.

    Raises:
        ValueError: it has outgrown USER_DATA_LIMIT.
    """
    text = _stub().replace("@BOOT@", json.dumps(asdict(pointers), sort_keys=True))
    data = text.encode()
    if len(data) > USER_DATA_LIMIT:
        raise ValueError(f"the user data has {len(data)} bytes; at most {USER_DATA_LIMIT} are allowed")
    return base64.b64encode(data).decode()
