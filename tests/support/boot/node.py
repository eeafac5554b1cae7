"""A member of etcd as `pulumi up` would have made it: documents, pointers, archive, secret and volume."""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path

from support.boot.account import Account
from support.controlplane.authority import Authority
from tripod.bootstrap.archive import agent_archive
from tripod.bootstrap.documents import CommonFacts, digest, etcd_document, topology_document, written
from tripod.bootstrap.user_data import BootPointers, user_data
from tripod.pki.names import ClusterPaths, SecretName
from tripod.storage.layout import TOPOLOGY_KEY, archive_key, document_key
from tripod.supply.binaries import address
from tripod.supply.spec import SupplySpec
from tripod.versions import ETCD

REGION, ZONE = "us-west-2", "us-west-2a"
CLUSTER, INCARNATION = "demo", "k3x9"
PATHS = ClusterPaths(CLUSTER, INCARNATION)
SNAPSHOTS = "demo-snapshots"


def release(programs: Path) -> bytes:
    """The archive that etcd's project would publish of these programs."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name in ("etcd", "etcdctl", "etcdutl"):
            archive.add(programs / name, f"etcd-v{ETCD}-linux-amd64/{name}")
    return packed.getvalue()


def release_path() -> str:
    """Where a mirror has that archive."""
    return address("etcd", ETCD, "amd64", "mirror").removeprefix("mirror")


def document(mirror: str, archive: bytes, client_ca: bytes) -> str:
    """The role's document.

    Args:
        mirror: where binaries are.
        archive: etcd's, at `release_path` there.
        client_ca: the certificate of the authority of clients.
    """
    digests = {"etcd": {ETCD: {"amd64": hashlib.sha256(archive).hexdigest()}}}
    # Settings demand HTTPS of a mirror; this one is on the same machine.
    supply = SupplySpec.model_construct(binaries=mirror, images={}, digests=digests)
    common = CommonFacts(CLUSTER, INCARNATION, REGION, "debian-12", ("amd64",), supply)
    return written(
        etcd_document(
            common, version=ETCD, snapshot_bucket=SNAPSHOTS, snapshot_minutes=30, client_ca=client_ca.decode()
        )
    )


def provision(account: Account, document: str, members: Mapping[str, IPv4Address], authority: Authority) -> str:
    """Put into the account what members find there; the address of the payload bucket.

    Args:
        account: the account.
        document: their role's document.
        members: name → address.
        authority: signs members.
    """
    addresses = {name: str(where) for name, where in members.items()}
    archive = agent_archive()
    objects = {
        archive_key(archive.sha256): archive.content,
        document_key("etcd", digest(document)): document.encode(),
        TOPOLOGY_KEY: written(topology_document(INCARNATION, "zone", addresses)).encode(),
    }
    pair = {"certificate": authority.pair.certificate.decode(), "private_key": authority.pair.key.decode()}
    account.client("secretsmanager").create_secret(Name=PATHS.secret(SecretName.ETCD_CA), SecretString=json.dumps(pair))
    account.bucket(SNAPSHOTS)
    return account.bucket("demo-payload", objects)


def member_volume(account: Account, member: str) -> str:
    """Make a member's volume; its id."""
    return account.volume(ZONE, {"cluster": CLUSTER, "tripod:incarnation": INCARNATION, "tripod:member": member})


def rendered(member: str, payload: str, document: str, endpoint: str) -> str:
    """The user data of a member, as the metadata service gives it.

    Args:
        member: its name.
        payload: the payload bucket's address.
        document: its role's document.
        endpoint: the emulated AWS.
    """
    pointers = BootPointers(
        role="etcd",
        name=member,
        region=REGION,
        payload=payload,
        agent=archive_key(agent_archive().sha256),
        document=document_key("etcd", digest(document)),
        topology=TOPOLOGY_KEY,
        endpoint=endpoint,
    )
    return base64.b64decode(user_data(pointers)).decode()
