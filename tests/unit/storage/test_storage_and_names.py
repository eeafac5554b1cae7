import hashlib
import re

from tripod.pki.secret_names import AUTHORITIES, ClusterPaths, SecretName
from tripod.storage.buckets import tls_only_policy
from tripod.storage.layout import (
    LATEST_SNAPSHOT,
    PAYLOAD_OBJECTS,
    SNAPSHOT_FOLDER,
    SNAPSHOT_PREFIX,
    TOPOLOGY_KEY,
    archive_key,
    document_key,
)

BUCKET = "arn:aws:s3:::demo-payload"
PATHS = ClusterPaths("demo", "a1b2")
DIGEST = hashlib.sha256(b"content").hexdigest()


def test_a_bucket_denies_whatever_does_not_come_over_tls() -> None:
    (statement,) = tls_only_policy(BUCKET)["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert set(statement["Resource"]) == {BUCKET, f"{BUCKET}/*"}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_all_that_nodes_read_lies_where_their_roles_may_read() -> None:
    allowed = re.escape(PAYLOAD_OBJECTS).replace(r"\*", ".*")
    keys = [archive_key(DIGEST), document_key("workers-general", DIGEST), TOPOLOGY_KEY]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(allowed, key) for key in keys)


def test_snapshots_lie_where_members_may_write_and_the_newest_ones_copy_beside_those_that_expire() -> None:
    assert SNAPSHOT_PREFIX.startswith(SNAPSHOT_FOLDER)
    assert LATEST_SNAPSHOT.startswith(SNAPSHOT_FOLDER)
    assert not LATEST_SNAPSHOT.startswith(SNAPSHOT_PREFIX)


def test_what_launch_templates_point_to_is_named_by_its_content() -> None:
    # As the stub takes the digest out of a key: after the last hyphen, before the first dot behind it.
    for key in (archive_key(DIGEST), document_key("workers-a-b", DIGEST)):
        assert key.rsplit("-", 1)[1].split(".")[0] == DIGEST


def test_everything_that_outlives_instances_is_named_for_cluster_and_incarnation() -> None:
    names = [PATHS.secret(name) for name in SecretName]
    names += [PATHS.initialised, PATHS.join_token, PATHS.etcd_token]
    assert len(set(names)) == len(names)
    assert all("demo" in name and "a1b2" in name for name in names)
    other = ClusterPaths("demo", "c3d4")
    assert {other.secret(name) for name in SecretName}.isdisjoint(names)
    assert {other.initialised, other.join_token, other.etcd_token}.isdisjoint(names)


def test_parameters_are_absolute_and_secrets_are_not() -> None:
    assert PATHS.initialised == "/demo/a1b2/etcd/initialised"
    assert PATHS.join_token == "/demo/a1b2/join-token"  # noqa: S105 - a name
    assert PATHS.secret(SecretName.CLUSTER_CA) == "demo/a1b2/cluster-ca"


def test_etcd_has_authorities_of_its_own_and_no_two_have_the_same_name() -> None:
    assert len(set(AUTHORITIES.values())) == len(AUTHORITIES) == 4
    assert AUTHORITIES[SecretName.ETCD_CA] != AUTHORITIES[SecretName.CLUSTER_CA]
    assert set(SecretName) - AUTHORITIES.keys() == {SecretName.SERVICE_ACCOUNTS, SecretName.ENCRYPTION}
