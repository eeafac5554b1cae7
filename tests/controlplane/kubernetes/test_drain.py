"""A worker empties itself before it goes, with its kubelet's identity; the states of nodes that operations get."""

import json
from typing import Any

import pytest

from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_cluster import Cluster
from tripod.bootstrap.agent.control_plane.operator_commands import ARGUMENTS, nodes
from tripod.bootstrap.agent.node import drain
from tripod.bootstrap.agent.node.kubectl import ApiError, Kubectl


def pod(name: str, node: str, **metadata: Any) -> dict[str, Any]:
    # Nobody says that these nodes live; that is not what is looked at here.
    stays = {"terminationGracePeriodSeconds": 0, "tolerations": [{"operator": "Exists"}]}
    spec = {"nodeName": node, "containers": [{"name": "c", "image": "x"}], **stays}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", **metadata},
        "spec": spec,
    }


def test_a_node_empties_itself_with_its_kubelets_identity(running: Cluster, joined: Kubectl) -> None:
    api, id_ = running.api, running.worker.id
    until("a service account", lambda: api.run("get", "serviceaccount", "default", "--namespace=default"))
    api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "other"}})
    labels = {"matchLabels": {"app": "agents"}}
    template = {"metadata": {"labels": labels["matchLabels"]}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    daemons = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agents", "namespace": "default"}}
    api.create({**daemons, "spec": {"selector": labels, "template": template}})
    owner = json.loads(api.run("get", "daemonset", "agents", "--namespace=default", "--output=json"))["metadata"]["uid"]
    reference = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agents", "uid": owner, "controller": True}
    # The controller has one of its own for this node, and would take this one away.
    stays = {"ownerReferences": [reference], "finalizers": ["example.com/stays"]}
    api.create(pod("agent", id_, labels={"app": "agents"}, **stays))
    api.create(pod("web", id_))
    api.create(pod("guarded", id_, labels={"app": "guarded"}))
    api.create(pod("elsewhere", "other"))
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "guarded"}}}
    named = {"metadata": {"name": "guarded", "namespace": "default"}, "spec": spec}
    api.create({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", **named})
    guarded = json.loads(api.run("get", "pod", "guarded", "--namespace=default", "--output=json"))
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    api.put("/api/v1/namespaces/default/pods/guarded/status", {**guarded, "status": ready})
    # kubectl's own drain cannot: this is why the agent has one.
    with pytest.raises(ApiError, match='cannot get resource "daemonsets"'):
        joined.run("drain", id_, "--ignore-daemonsets", "--force", "--timeout=10s")
    drain.cordon(joined, id_)
    assert (api.find("node", id_) or {})["spec"]["unschedulable"] is True
    assert "default/guarded: TooManyRequests" in drain.drain_once(joined, id_)
    until("web is gone", lambda: drain.drain_once(joined, id_) == ["default/guarded: TooManyRequests"], 20)
    # The budget is lifted: the node is empty, but for what belongs to it.
    api.run("delete", "poddisruptionbudget", "guarded", "--namespace=default")
    until("the node is empty", lambda: drain.drain_once(joined, id_) == [], 20)
    left = json.loads(api.run("get", "pods", "--namespace=default", "--output=json"))["items"]
    assert "elsewhere" in {one["metadata"]["name"] for one in left}
    other: dict[str, Any] = {
        **drain.eviction(drain.Pod("default", "elsewhere", "", is_terminating=False)),
        "deleteOptions": {},
    }
    with pytest.raises(ApiError, match=r"can only evict pods with spec\.nodeName set to itself"):
        joined.post("/api/v1/namespaces/default/pods/elsewhere/eviction", other)


def test_operations_get_the_states_of_nodes(running: Cluster, joined: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, found in (([running.worker.id], 1), ([running.worker.id, "i-0fffffffffffffff0"], 1), ([], 0)):
        monkeypatch.setenv(ARGUMENTS, json.dumps({"instances": asked}))
        answer = json.loads(running.nodes[0].command(nodes))["nodes"]
        assert len(answer) == found
        assert all(node == {"ready": False, "kubelet": ""} for node in answer.values())
