import json
from dataclasses import replace
from typing import Any

import pytest

from support.stacks.samples import AMI, ZONES, cluster
from tripod.bootstrap.agent.instance.documents import SCHEMA, TopologyDocument
from tripod.bootstrap.documents import digest, document_text
from tripod.cluster.boot_documents import DeployedFacts, role_documents
from tripod.cluster.spec import ClusterSpec
from tripod.pki.secret_names import ClusterPaths, SecretName

CERTIFICATES = {name: f"-----BEGIN CERTIFICATE-----\n{name}\n" for name in SecretName}
FACTS = DeployedFacts(
    incarnation="a1b2",
    certificates={**CERTIFICATES, "private_keys": "-----BEGIN PRIVATE KEY-----"},
    snapshot_bucket="demo-snapshots",
    secrets_key="arn:aws:kms:us-west-2:123456789012:key/k",
    endpoint="api.demo.internal:6443",
    public_name=None,
    issuer="https://issuer.example.com",
)
GPU: dict[str, Any] = {
    "name": "gpu",
    "instanceTypes": ["g5g.xlarge"],
    "labels": {"b": "2", "a": "1"},
    "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
}
GENERAL = {"name": "general", "instanceTypes": ["m7g.large"]}


def documents(spec: ClusterSpec, **facts: Any) -> dict[str, dict[str, Any]]:
    texts = role_documents(spec, replace(FACTS, **facts))
    return {name: json.loads(text) for name, text in texts.items()}


def test_each_role_and_each_worker_group_has_a_document() -> None:
    found = documents(cluster(workers=[GENERAL, GPU]))
    assert {name: document["role"] for name, document in found.items()} == {
        "etcd": "etcd",
        "control-plane": "control-plane",
        "workers-general": "workers",
        "workers-gpu": "workers",
    }


@pytest.mark.parametrize("name", ["etcd", "control-plane", "workers-general"])
def test_every_document_says_what_form_it_has_and_whose_it_is(name: str) -> None:
    document = documents(cluster(images={"system": "debian-12", "arm64": AMI}))[name]
    owner = {"cluster": "demo", "incarnation": "a1b2", "region": "us-west-2"}
    assert document.items() >= {"schema": SCHEMA, **owner, "system": "debian-12"}.items()


def test_documents_name_secrets_and_hold_none() -> None:
    names = {ClusterPaths("demo", "a1b2").secret(name) for name in SecretName}
    found = documents(cluster(workers=[GENERAL, GPU]))
    named = {name for document in found.values() for name in document.get("secrets", {}).values()}
    assert named == names
    assert "PRIVATE" not in str(found)


def test_a_member_verifies_clients_and_a_client_verifies_members_by_the_others_authority() -> None:
    found = documents(cluster())
    assert found["etcd"]["client_ca"] == CERTIFICATES[SecretName.ETCD_CLIENT_CA]
    assert found["control-plane"]["etcd_ca"] == CERTIFICATES[SecretName.ETCD_CA]
    assert found["etcd"]["secrets"] == {"etcd_ca": "demo/a1b2/etcd-ca"}
    assert "demo/a1b2/etcd-ca" not in found["control-plane"]["secrets"].values()
    assert found["workers-general"]["certificate"] == CERTIFICATES[SecretName.CLUSTER_CA]
    assert "secrets" not in found["workers-general"]


def test_services_addresses_follow_from_the_plan_on_every_node() -> None:
    found = documents(cluster(network={"serviceCidr": "10.200.0.0/20"}))
    assert found["control-plane"]["api_service_address"] == "10.200.0.1"
    assert found["control-plane"]["dns_address"] == found["workers-general"]["dns_address"] == "10.200.0.10"


def test_versions_are_the_roles_own() -> None:
    found = documents(cluster(versions={"kubernetes": "1.36.3", "workers": "1.35.2", "etcd": "3.6.12"}))
    assert {name: document["version"] for name, document in found.items()} == {
        "etcd": "3.6.12",
        "control-plane": "1.36.3",
        "workers-general": "1.35.2",
    }


def test_a_public_name_is_in_the_api_certificate_where_there_is_one() -> None:
    assert documents(cluster())["control-plane"]["names"] == []
    assert documents(cluster(), public_name="lb.example.com")["control-plane"]["names"] == ["lb.example.com"]


def test_labels_and_taints_are_the_groups() -> None:
    found = documents(cluster(workers=[GENERAL, GPU]))
    assert found["workers-gpu"]["labels"] == GPU["labels"]
    assert found["workers-gpu"]["taints"] == GPU["taints"]
    assert (found["workers-general"]["labels"], found["workers-general"]["taints"]) == ({}, [])


def test_equal_content_is_equal_text() -> None:
    shuffled = {**GPU, "labels": dict(reversed(GPU["labels"].items()))}
    facts = replace(FACTS, certificates=dict(reversed(CERTIFICATES.items())))
    assert role_documents(cluster(workers=[GPU]), FACTS) == role_documents(cluster(workers=[shuffled]), facts)
    members = {"0-0": "10.0.192.16", "1-0": "10.0.200.16"}
    shuffled_members = dict(reversed(members.items()))
    texts = {document_text(TopologyDocument("a1b2", "zone", one)) for one in (members, shuffled_members)}
    assert len(texts) == 1


def test_a_cluster_that_grows_changes_no_document_that_launch_templates_point_to() -> None:
    small = cluster()
    zones = {zone: slot for slot, zone in enumerate(ZONES)}
    large = cluster(network={"zones": zones}, etcd={"members": 5}, controlPlane={"perZone": 2})
    assert role_documents(small, FACTS) == role_documents(large, FACTS)


def test_the_topology_lists_members_in_their_order() -> None:
    text = document_text(TopologyDocument("a1b2", "zone", {"1-0": "10.0.200.16", "0-0": "10.0.192.16"}))
    document = json.loads(text)
    assert list(document["members"]) == ["0-0", "1-0"]
    assert (document["schema"], document["incarnation"], document["survives"]) == (SCHEMA, "a1b2", "zone")


def test_a_texts_digest_is_its_sha256() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
