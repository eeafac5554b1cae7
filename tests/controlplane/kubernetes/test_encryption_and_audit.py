"""Secrets in etcd's data and in the audit log: encrypted in one, absent from the other."""

import base64
import json
from typing import Any

from support.controlplane.etcd.configuration import ETCD_DATA
from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_cluster import Cluster
from tripod.bootstrap.agent.node.paths import AUDIT_LOGS

WORD = "hunter2hunter2hunter2"
PLAIN = "plain-as-can-be-in-etcd"


def holding(running: Cluster, text: str) -> set[str]:
    """The files of etcd's data, of any member, that hold a text or its base64."""
    wanted = (text.encode(), base64.b64encode(text.encode()))
    return {
        f"{member.instance.name}: {file.name}"
        for member in running.etcd.members
        for file in member.instance.path(ETCD_DATA).rglob("*")
        if file.is_file() and any(one in file.read_bytes() for one in wanted)
    }


def events(running: Cluster, name: str) -> list[dict[str, Any]]:
    """The events of an object in every server's audit log, in order."""
    found: list[dict[str, Any]] = []
    for node in running.nodes:
        log = node.host.path(f"{AUDIT_LOGS}/audit.log")
        found.extend(json.loads(line) for line in log.read_text().splitlines())
    return [one for one in found if one.get("objectRef", {}).get("name") == name]


def test_every_secret_is_encrypted_and_its_text_is_in_no_file_of_etcd(running: Cluster) -> None:
    create = ("create", "--namespace=default")
    running.api.run(*create, "secret", "generic", "kept", f"--from-literal=word={WORD}")
    running.api.run(*create, "configmap", "kept", f"--from-literal=word={PLAIN}")
    stored = running.stored()
    assert "/registry/secrets/default/kept" in stored
    # The tokens that workers join with, and whatever else is a Secret.
    assert len(stored) > 1
    assert all(value.startswith(b"k8s:enc:secretbox:v1:") for value in stored.values())
    # A text that is not encrypted is found on every member: the search sees what there is.
    assert {line.partition(":")[0] for line in holding(running, PLAIN)} == {"etcd-0", "etcd-1", "etcd-2"}
    assert holding(running, WORD) == set()
    read = json.loads(running.api.run("get", "secret", "kept", "--namespace=default", "--output=json"))
    assert base64.b64decode(read["data"]["word"]).decode() == WORD


def test_the_audit_log_names_the_actor_and_no_secret(running: Cluster) -> None:
    word = "correct-horse-battery"
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "audited"}, "stringData": {"word": word}}
    alice = running.caller("alice", ["system:masters"], server=1)
    path = "/api/v1/namespaces/default/secrets"
    assert alice.ask("POST", path, body).status == 201
    assert alice.ask("PUT", f"{path}/audited", body).status == 200
    assert alice.ask("GET", f"{path}/audited").status == 200
    until(
        "the audit events", lambda: {one["verb"] for one in events(running, "audited")} >= {"create", "update", "get"}
    )
    for event in events(running, "audited"):
        assert (event["user"]["username"], event["level"]) == ("alice", "Metadata")
        assert event["user"]["groups"] == ["system:masters", "system:authenticated"]
        assert {"requestObject", "responseObject"} & event.keys() == set()
    for node in running.nodes:
        folder = node.host.path(AUDIT_LOGS)
        assert folder.stat().st_mode & 0o077 == 0
        written = b"".join(file.read_bytes() for file in folder.iterdir())
        assert word.encode() not in written
        assert base64.b64encode(word.encode()) not in written


def test_the_audit_log_tells_who_was_refused_and_who_changed_the_policy_between_applications(
    running: Cluster,
) -> None:
    bob, carol = running.caller("bob", ["team:viewers"]), running.caller("carol", ["team:apps"])
    assert bob.ask("DELETE", "/api/v1/namespaces/default/secrets/nothing").status == 403
    policy: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "a-to-b"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "b"}},
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "a"}}}]}],
        },
    }
    assert carol.ask("POST", "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies", policy).status == 201
    until("the audit events", lambda: events(running, "nothing") and events(running, "a-to-b"))
    (refused,), (changed,) = events(running, "nothing"), events(running, "a-to-b")
    assert (refused["user"]["username"], refused["responseStatus"]["code"]) == ("bob", 403)
    assert refused["annotations"]["authorization.k8s.io/decision"] == "forbid"
    # What was changed is written down with it: here no body can hold a secret.
    assert (changed["user"]["username"], changed["level"]) == ("carol", "Request")
    assert changed["requestObject"]["spec"]["ingress"] == policy["spec"]["ingress"]
