"""Instances as `pulumi up` would have made them: documents, pointers, archive, secrets, volume."""

import base64
import json
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from support.agent import kubernetes_nodes
from support.boot.account import Account
from support.controlplane.authority import Authority
from support.controlplane.network import VPC
from tripod.bootstrap.agent.instance.documents import BootPointers, TopologyDocument
from tripod.bootstrap.archive import agent_archive
from tripod.bootstrap.documents import digest, document_text
from tripod.bootstrap.user_data import user_data
from tripod.cluster.boot_documents import DeployedFacts, role_documents
from tripod.cluster.spec import ClusterSpec
from tripod.pki.secret_names import ClusterPaths, SecretName
from tripod.storage.layout import TOPOLOGY_KEY, archive_key, document_key
from tripod.supply.spec import SupplySpec

REGION, ZONE = "us-west-2", "us-west-2a"
CLUSTER, INCARNATION = "demo", "k3x9"
PATHS = ClusterPaths(CLUSTER, INCARNATION)
SNAPSHOTS = "demo-snapshots"
ENDPOINT = "api.demo.internal:6443"
"""No name server knows it: a node that begins must not need the load balancer, which waits for that very node."""

_TYPE = "m7i.large"
_SETTINGS = {
    "region": REGION,
    "cluster": {"name": CLUSTER, "environment": "test", "owner": "tests"},
    "network": {"cidr": str(VPC), "zones": {f"{REGION}{letter}": slot for slot, letter in enumerate("abc")}},
    "images": {"amd64": "ami-0123456789abcdef0", "system": "debian-12"},
    "etcd": {"instance_type": _TYPE},
    "control_plane": {"instance_type": _TYPE},
    "workers": [{"name": "general", "instance_types": [_TYPE]}],
}


def documents(supply: SupplySpec, certificates: Mapping[str, bytes], secrets_key: str = "") -> dict[str, str]:
    """Role → its document.

    Args:
        supply: where binaries are.
        certificates: secret → certificate of the authority.
        secrets_key: the ARN of the key of parameters.
    """
    spec = ClusterSpec.load(_SETTINGS).model_copy(update={"supply": supply})
    facts = DeployedFacts(
        incarnation=INCARNATION,
        certificates={name: certificate.decode() for name, certificate in certificates.items()},
        snapshot_bucket=SNAPSHOTS,
        secrets_key=secrets_key,
        endpoint=ENDPOINT,
        public_name="",
        issuer="https://issuer.example.com",
        accepted_issuers=(),
    )
    return role_documents(spec, facts)


def put_member_secrets(account: Account, members: Authority) -> None:
    """Put into the account what members find there beside their document."""
    _put_secrets(account, {SecretName.ETCD_CA: _pair(members)})
    account.bucket(SNAPSHOTS)


def put_control_plane_secrets(account: Account, cluster: Authority, etcd_clients: Authority) -> str:
    """Put the shared keys and certificates into the account; the ARN of the key of parameters."""
    held: dict[SecretName, Mapping[str, Any]] = {
        SecretName.CLUSTER_CA: _pair(cluster),
        SecretName.FRONT_PROXY_CA: _pair(Authority("kubernetes-front-proxy")),
        SecretName.ETCD_CLIENT_CA: _pair(etcd_clients),
        SecretName.SERVICE_ACCOUNTS: kubernetes_nodes.signing_key(),
        SecretName.ENCRYPTION: {"keys": [kubernetes_nodes.encryption_key()]},
    }
    _put_secrets(account, held)
    return account.client("kms").create_key()["KeyMetadata"]["Arn"]


def _put_secrets(account: Account, held: Mapping[SecretName, Mapping[str, Any]]) -> None:
    for name, content in held.items():
        account.client("secretsmanager").create_secret(Name=PATHS.secret(name), SecretString=json.dumps(content))


def _pair(authority: Authority) -> dict[str, str]:
    return {"certificate": authority.pair.certificate.decode(), "private_key": authority.pair.key.decode()}


def put_payload(account: Account, role: str, document: str, members: Mapping[str, IPv4Address]) -> str:
    """Put into the account what instances of a role fetch; the address of the bucket.

    Args:
        account: the account.
        role: the role.
        document: the role's document.
        members: name → address of etcd's members.
    """
    addresses = {name: str(where) for name, where in members.items()}
    archive = agent_archive()
    objects = {
        archive_key(archive.sha256): archive.content,
        document_key(role, digest(document)): document.encode(),
        TOPOLOGY_KEY: document_text(TopologyDocument(INCARNATION, "zone", addresses)).encode(),
    }
    return account.bucket("demo-payload", objects)


def member_volume(account: Account, member: str) -> str:
    """Make a member's volume; its id."""
    return account.volume(ZONE, {"cluster": CLUSTER, "tripod:incarnation": INCARNATION, "tripod:member": member})


def node_tags(role: str) -> dict[str, str]:
    """The tags by which the approver knows the cluster's instances."""
    return {"cluster": CLUSTER, f"kubernetes.io/cluster/{CLUSTER}": "owned", "tripod:role": role}


def rendered(role: str, name: str, payload: str, document: str, endpoint: str) -> str:
    """The user data of an instance, as the metadata service gives it.

    Args:
        role: its role.
        name: which member it is; empty for a control-plane node.
        payload: the payload bucket's address.
        document: its role's document.
        endpoint: the emulated AWS.
    """
    pointers = BootPointers(
        role=role,
        name=name,
        region=REGION,
        payload=payload,
        agent=archive_key(agent_archive().sha256),
        document=document_key(role, digest(document)),
        topology=TOPOLOGY_KEY,
        endpoint=endpoint,
    )
    return base64.b64decode(user_data(pointers)).decode()
