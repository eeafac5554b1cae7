from typing import Any

import pytest

from support.stacks.samples import locations
from tripod.workers.group import autoscaler_tags
from tripod.workers.spec import WorkerGroupSpec, group_problems

PLAIN: dict[str, Any] = {"name": "general", "instanceTypes": ["m7g.large"]}


def where(**changes: Any) -> list[str]:
    return locations(WorkerGroupSpec.read({**PLAIN, **changes})[1])


def group(**changes: Any) -> WorkerGroupSpec:
    return WorkerGroupSpec.load({**PLAIN, **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"name": "a" * 20}, []),
        ({"name": "a" * 21}, ["name"]),
        ({"name": "GPU"}, ["name"]),
        ({"name": "gpu-"}, ["name"]),
        ({"minPerZone": 0}, []),
        ({"minPerZone": 3, "maxPerZone": 3}, []),
        ({"minPerZone": 4, "maxPerZone": 3}, ["minPerZone"]),
        ({"minPerZone": -1}, ["minPerZone"]),
        ({"minPerZone": 0, "maxPerZone": 0}, ["maxPerZone"]),
        ({"instanceTypes": []}, ["instanceTypes"]),
        ({"instanceTypes": ["m7g.large", "m6g.large"]}, []),
        ({"instanceTypes": ["m7g.large", "m7i.large"]}, ["instanceTypes"]),
        ({"instanceTypes": ["m7g.large", "m6g.large", "m7g.large"]}, ["instanceTypes[2]"]),
        ({"instanceTypes": [5], "name": "BAD"}, ["instanceTypes[0]", "name"]),
        ({"minPerZone": True}, ["minPerZone"]),
        ({"spot": {"onDemandBase": 1, "onDemandPercentage": 100}}, []),
        ({"spot": {"onDemandBase": -1}}, ["spot.onDemandBase"]),
        ({"spot": {"onDemandPercentage": 101}}, ["spot.onDemandPercentage"]),
        ({"taints": [{"key": "a", "effect": "NoSchedule"}]}, []),
        ({"taints": [{"key": "a", "effect": "noschedule"}]}, ["taints[0].effect"]),
        ({"taints": [{"effect": "NoExecute"}]}, ["taints[0].key"]),
        ({"taints": [{"key": key, "effect": "NoSchedule"} for key in ("a", "b")]}, []),
        ({"rootVolume": {"encrypted": False}}, ["rootVolume.encrypted"]),
    ],
)
def test_each_rule_names_the_field_that_breaks_it(changes: dict[str, Any], expected: list[str]) -> None:
    assert where(**changes) == expected


@pytest.mark.parametrize(
    ("domain", "refused"),
    [
        ("example.com", False),
        ("node.kubernetes.io", False),
        ("notkubernetes.io", False),
        ("kubernetes.io", True),
        ("node-role.kubernetes.io", True),
        ("k8s.io", True),
        ("a.k8s.io", True),
        ("node-restriction.kubernetes.io", True),
    ],
)
def test_a_label_that_a_kubelet_may_not_set_of_itself_is_refused(domain: str, refused: bool) -> None:
    assert where(labels={"team": "x", f"{domain}/my_role": "x"}) == ([f"labels.{domain}/my_role"] if refused else [])


LONGEST = "a" * 63


@pytest.mark.parametrize(
    ("key", "value", "refused"),
    [
        ("team", "", False),
        ("team", "A.b_c-1", False),
        ("Team_1.x-y", "1", False),
        (LONGEST, LONGEST, False),
        ("d" * 253 + "/x", "x", False),
        ("bad key!", "x", True),
        ("team", "no value!", True),
        ("team", "-x", True),
        ("team", "x\n", True),
        ("team-", "x", True),
        ("", "x", True),
        (LONGEST + "a", "x", True),
        ("team", LONGEST + "a", True),
        ("d" * 254 + "/x", "x", True),
        ("Example.com/team", "x", True),
        ("example.com/", "x", True),
        ("a/b/c", "x", True),
    ],
)
def test_labels_and_taints_are_what_kubernetes_takes(key: str, value: str, refused: bool) -> None:
    labels = WorkerGroupSpec.read({**PLAIN, "labels": {key: value}})[1]
    assert [problem.path for problem in labels] == ([("labels", key)] if refused else [])
    taint = {"key": key, "value": value, "effect": "NoSchedule"}
    assert where(taints=[taint]) == (["taints[0]"] if refused else [])


def test_two_taints_of_one_key_are_refused_because_the_autoscalers_tags_hold_one() -> None:
    taints = [
        {"key": "a", "effect": "NoSchedule"},
        {"key": "b", "effect": "NoSchedule"},
        {"key": "a", "effect": "NoExecute"},
    ]
    assert where(taints=taints) == ["taints[2]"]


def test_groups_are_in_zones_of_the_network() -> None:
    (problem,) = group_problems((group(zones=["a", "x"]),), {"a": 0, "b": 1}, ("workers",))
    assert (problem.location, problem.given) == ("workers[0].zones[1]", "'x'")
    assert "a, b" in problem.allowed


def test_the_autoscaler_finds_a_group_by_its_tags_and_knows_its_nodes_before_there_are_any() -> None:
    spec = group(
        labels={"example.com/pool": "gpu"},
        taints=[{"key": "gpu", "value": "yes", "effect": "NoSchedule"}, {"key": "slow", "effect": "PreferNoSchedule"}],
    )
    assert autoscaler_tags("demo", spec) == {
        "k8s.io/cluster-autoscaler/enabled": "true",
        "k8s.io/cluster-autoscaler/demo": "owned",
        "k8s.io/cluster-autoscaler/node-template/label/example.com/pool": "gpu",
        "k8s.io/cluster-autoscaler/node-template/taint/gpu": "yes:NoSchedule",
        "k8s.io/cluster-autoscaler/node-template/taint/slow": ":PreferNoSchedule",
    }
