from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import failed
from support.agent.kubernetes_api import UNREACHABLE, Api, eviction_path, pod, refused
from support.agent.kubernetes_nodes import FakeInstance, node_instance, worker
from support.stacks.samples import few
from tripod.bootstrap.agent.core.errors import RetryableError
from tripod.bootstrap.agent.node.drain import Pod, cordon, drain_once, eviction, pods_to_evict
from tripod.bootstrap.agent.node.kubectl import ApiError, Kubectl
from tripod.bootstrap.agent.node.paths import KUBELET

NODE = "i-0123456789abcdef0"


def test_what_somebody_runs_again_elsewhere_goes_and_what_belongs_to_the_node_stays() -> None:
    pods = [
        pod("web"),
        pod("alone", owner=None),
        pod("job", owner="Job"),
        pod("ending", deletionTimestamp="2026-07-14T09:00:00Z"),
        pod("cilium", owner="DaemonSet"),
        pod("static", annotations={"kubernetes.io/config.mirror": "x"}),
        pod("done", phase="Succeeded"),
        pod("broken", phase="Failed"),
        # Who owns a pod without controlling it does not bring it back.
        {**pod("owned"), "metadata": {**pod("owned")["metadata"], "ownerReferences": [{"kind": "DaemonSet"}]}},
    ]
    assert [(one.name, one.is_terminating) for one in pods_to_evict(pods)] == [
        ("web", False),
        ("alone", False),
        ("job", False),
        ("ending", True),
        ("owned", False),
    ]


@few
@given(st.lists(st.tuples(st.sampled_from(["ReplicaSet", "DaemonSet", None]), st.booleans()), max_size=20))
def test_every_pod_goes_or_has_a_reason_to_stay(kinds: list[tuple[str | None, bool]]) -> None:
    pods = [
        pod(f"p{number}", owner=owner, phase="Succeeded" if done else "Running")
        for number, (owner, done) in enumerate(kinds)
    ]
    going = {one.name for one in pods_to_evict(pods)}
    assert going == {f"p{number}" for number, (owner, done) in enumerate(kinds) if owner != "DaemonSet" and not done}


def bench(folder: Path, *pods: dict[str, Any]) -> tuple[FakeInstance, Api, Kubectl]:
    standing = node_instance(folder, worker())
    api = Api(standing)
    for one in pods:
        api.put("pods", one["metadata"]["name"], one)
    return standing, api, Kubectl(standing.machine, KUBELET)


def test_pods_are_evicted_by_their_uid_with_the_kubelets_own_identity(tmp_path: Path) -> None:
    standing, api, kubectl = bench(tmp_path, pod("web"), pod("cilium", owner="DaemonSet"))
    assert drain_once(kubectl, NODE) == ["team/web is ending"]
    assert api.posted == [(eviction_path("web"), eviction(Pod("team", "web", "uid-web", is_terminating=False)))]
    assert api.posted[0][1]["deleteOptions"]["preconditions"] == {"uid": "uid-web"}
    for command in standing.machine.commands:
        assert f"--kubeconfig={standing.machine.path(KUBELET)}" in command
    # What a kubelet may list: what is bound to it.
    assert f"--field-selector=spec.nodeName={NODE}" in standing.machine.commands[0]


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (refused("TooManyRequests", "the budget"), ["team/web: TooManyRequests"]),
        (refused("NotFound"), []),
        (refused("Conflict"), []),
        (refused("Forbidden"), ["team/web: Forbidden"]),
        (failed(UNREACHABLE), [f"team/web: kubectl create: {UNREACHABLE}"]),
    ],
)
def test_a_refused_eviction_is_reported_and_keeps_no_other_pod(
    error: Exception, left: list[str], tmp_path: Path
) -> None:
    _, api, kubectl = bench(tmp_path, pod("web"), pod("worker"))
    assert isinstance(error, type(refused("x")))
    api.refusals[eviction_path("web")] = error
    assert drain_once(kubectl, NODE) == [*left, "team/worker is ending"]


def test_a_pod_that_is_ending_is_waited_for_and_not_evicted_twice(tmp_path: Path) -> None:
    _, api, kubectl = bench(tmp_path, pod("web", deletionTimestamp="2026-07-14T09:00:00Z"))
    assert drain_once(kubectl, NODE) == ["team/web is ending"]
    assert api.posted == []


def test_an_empty_node_is_empty(tmp_path: Path) -> None:
    _, _, kubectl = bench(tmp_path, pod("cilium", owner="DaemonSet"))
    assert drain_once(kubectl, NODE) == []


def test_a_node_marks_itself_and_touches_nothing_else_of_it(tmp_path: Path) -> None:
    _, api, kubectl = bench(tmp_path)
    cordon(kubectl, NODE)
    # Taints and labels are not a kubelet's to change.
    assert api.posted == [(f"node/{NODE}", {"spec": {"unschedulable": True}})]


def test_an_api_that_is_away_or_refuses_is_reported_to_the_caller(tmp_path: Path) -> None:
    _, api, kubectl = bench(tmp_path)
    api.faults = [failed(UNREACHABLE), refused("Forbidden")]
    with pytest.raises(RetryableError):
        drain_once(kubectl, NODE)
    with pytest.raises(ApiError):
        drain_once(kubectl, NODE)
