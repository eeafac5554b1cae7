"""Rights of each group, node and namespace, asked of a real server by real certificates."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from cryptography import x509

from support.controlplane.caller import MERGE, Caller
from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_cluster import Cluster
from tripod.bootstrap.agent.node.kubectl import ApiError, Kubectl
from tripod.bootstrap.agent.node.paths import AUDIT_LOGS, KUBEADM

VIEWER, OPERATOR, DEPLOYER, PREVIEW = GROUPS = ("team:viewers", "team:ops", "team:apps", "ci")
NOBODY, EVERYBODY = frozenset[str](), frozenset(GROUPS)

MATRIX: Mapping[tuple[str, str], frozenset[str]] = {
    ("get", "pods"): EVERYBODY,
    ("watch", "pods"): EVERYBODY,
    ("get", "pods/log"): EVERYBODY,
    ("list", "nodes"): EVERYBODY,
    ("get", "configmaps"): EVERYBODY,
    ("get", "secrets"): NOBODY,
    ("list", "secrets"): NOBODY,
    ("watch", "secrets"): NOBODY,
    ("create", "pods/exec"): NOBODY,
    ("create", "pods/portforward"): NOBODY,
    ("create", "serviceaccounts/token"): NOBODY,
    ("create", "deployments.apps"): frozenset({DEPLOYER}),
    ("update", "configmaps"): frozenset({DEPLOYER}),
    ("delete", "pods"): frozenset({OPERATOR, DEPLOYER}),
    ("create", "pods/eviction"): frozenset({OPERATOR}),
    ("patch", "nodes"): frozenset({OPERATOR}),
    ("delete", "nodes"): frozenset({OPERATOR}),
    ("create", "nodes"): NOBODY,
    ("create", "clusterrolebindings.rbac.authorization.k8s.io"): NOBODY,
    ("escalate", "clusterroles.rbac.authorization.k8s.io"): NOBODY,
    ("impersonate", "users"): NOBODY,
    ("approve", "signers.certificates.k8s.io"): NOBODY,
    ("delete", "namespaces"): NOBODY,
}
"""Verb and resource → the groups that may, in every namespace."""

WRITING = ("create", "update", "patch", "delete", "deletecollection")


def may(caller: Caller, verb: str, kind: str) -> bool:
    """Ask as `kubectl auth can-i` does."""
    resource, _, subresource = kind.partition("/")
    name, _, group = resource.partition(".")
    wanted = {"verb": verb, "resource": name, "group": group, "subresource": subresource}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }
    answer = caller.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    assert answer.status == 201, answer
    return answer.body["status"]["allowed"]


@pytest.fixture(scope="module")
def people(running: Cluster) -> dict[str, Caller]:
    """A caller of each group, by a certificate; servers know the groups by the configuration alone."""
    return {group: running.caller(f"somebody-of-{group}", [group]) for group in GROUPS}


@pytest.mark.parametrize(("verb", "kind"), MATRIX, ids=" ".join)
def test_each_group_may_what_its_role_says(verb: str, kind: str, people: dict[str, Caller]) -> None:
    assert {group for group, caller in people.items() if may(caller, verb, kind)} == MATRIX[verb, kind]


def test_viewers_and_previews_change_nothing_at_all(running: Cluster, people: dict[str, Caller]) -> None:
    kinds = running.api.run("api-resources", "--verbs=create", "--output=name").split()
    assert len(kinds) > 40
    # Everybody may ask who he is and what he may: that changes nothing.
    harmless = ("reviews.authentication.k8s.io", "reviews.authorization.k8s.io")
    changing = [kind for kind in kinds if not kind.endswith(harmless)]
    for group in (VIEWER, PREVIEW):
        assert [kind for kind in changing for verb in WRITING if may(people[group], verb, kind)] == []


def test_somebody_of_no_group_may_nothing(running: Cluster) -> None:
    nobody = running.caller("nobody")
    assert nobody.ask("GET", "/api/v1/pods").status == 403
    assert nobody.ask("GET", "/api/v1/namespaces/default/secrets").status == 403


def config_map(caller: Caller, namespace: str) -> str:
    """Make a config map without making it; what the server says against it."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    return caller.ask("POST", f"/api/v1/namespaces/{namespace}/configmaps?dryRun=All", body).message


def test_a_deployer_has_no_business_in_the_systems_namespaces(running: Cluster, people: dict[str, Caller]) -> None:
    deployer = people[DEPLOYER]
    # The server learns of a policy a moment after it was applied.
    until("the policy", lambda: "deployers have no business" in config_map(deployer, "kube-system"), 30)
    assert config_map(deployer, "default") == ""


def test_a_privileged_pod_is_refused_but_in_the_systems_namespace(running: Cluster) -> None:
    container = {"name": "c", "image": "x", "securityContext": {"privileged": True}}

    def made(namespace: str) -> None:
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "privileged", "namespace": namespace}}
        running.api.create({**body, "spec": {"containers": [container]}})

    for namespace in ("default", "kube-system"):
        until("a service account", lambda where=namespace: running.api.find("serviceaccount", "default", where))
    with pytest.raises(ApiError, match="violates PodSecurity"):
        made("default")
    made("kube-system")
    running.api.run("delete", "pod", "privileged", "--namespace=kube-system", "--force")


def test_the_break_glass_credential_passes_everything_for_an_hour_and_is_named(running: Cluster) -> None:
    """As docs/operations.md says: made on a control-plane node when it is needed, by whoever got a session there."""
    host = running.nodes[0].host
    made = ("--client-name=break-glass:alice", "--org=system:masters", "--validity-period=1h")
    text = host.really("kubeadm", "kubeconfig", "user", f"--config={KUBEADM}", *made)
    host.write("/root/break-glass.conf", text, 0o600)
    alice = Kubectl(host, "/root/break-glass.conf", f"https://{running.address(0)}:6443")
    assert alice.run("auth", "can-i", "*", "*", "--all-namespaces").strip() == "yes"
    certificate = base64.b64decode(yaml.safe_load(text)["users"][0]["user"]["client-certificate-data"])
    ends = x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    assert timedelta(minutes=55) < ends - datetime.now(UTC) <= timedelta(hours=1)
    # What she does is written down by that name, also what no rule of RBAC would allow.
    alice.run("delete", "clusterrole", "tripod:nothing", "--ignore-not-found")
    log = host.path(f"{AUDIT_LOGS}/audit.log")
    until("the audit event", lambda: '"username":"break-glass:alice"' in log.read_text())


def node(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def test_a_node_changes_itself_alone_and_not_what_it_is_for(running: Cluster) -> None:
    mine, other = "i-0aaaaaaaaaaaaaaa1", "i-0aaaaaaaaaaaaaaa2"
    kubelet = running.caller(f"system:node:{mine}", ["system:nodes"])
    zone = {"topology.kubernetes.io/zone": "us-west-2a"}
    restricted = {"node-restriction.kubernetes.io/tenant": "other"}
    role = {"node-role.kubernetes.io/control-plane": ""}
    assert (
        "not allowed to set the following labels"
        in kubelet.ask("POST", "/api/v1/nodes", node(mine, **restricted)).message
    )
    assert kubelet.ask("POST", "/api/v1/nodes", node(mine, **zone)).status == 201
    running.api.create(node(other))

    def patched(name: str, change: dict[str, Any]) -> tuple[int, str]:
        answer = kubelet.ask("PATCH", f"/api/v1/nodes/{name}", change, MERGE)
        return answer.status, answer.message

    try:
        assert patched(mine, {"metadata": {"annotations": {"mine": "yes"}}})[0] == 200
        for labels in (restricted, role):
            status, said = patched(mine, {"metadata": {"labels": labels}})
            assert (status, next(iter(labels)) in said) == (403, True)
        status, said = patched(mine, {"spec": {"taints": [{"key": "mine", "effect": "NoSchedule"}]}})
        assert (status, "taints" in said) == (403, True)
        status, said = patched(other, {"metadata": {"annotations": {"mine": "yes"}}})
        assert (status, f"node {mine!r}".replace("'", '"') in said) == (403, True)
        # Nor may it read what no pod of its own has.
        assert kubelet.ask("GET", "/api/v1/namespaces/kube-system/secrets").status == 403
        assert kubelet.ask("GET", "/api/v1/namespaces/default/secrets/somebodys").status == 403
    finally:
        running.api.run("delete", "node", mine, other)
