"""Sizes of groups and of pods: the autoscaler's reach, and where figures come from."""

from typing import Any

from support.add_ons.cluster_facts import ACCOUNT, cluster_facts
from tripod.addons.cluster_autoscaler.spec import ClusterAutoscalerSpec
from tripod.addons.cluster_autoscaler.values import cluster_autoscaler_values
from tripod.addons.metrics_server.values import metrics_server_values
from tripod.iam.autoscaler_policies import autoscaler_policy
from tripod.security import ports
from tripod.security.matrix import RuleEnd, RuleOptions, matrix
from tripod.workers.group import autoscaler_tags
from tripod.workers.spec import WorkerGroupSpec

ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"
GROUP = {"name": "general", "instanceTypes": ["m7g.large"], "minPerZone": 1, "maxPerZone": 3}


def autoscaler(**changes: Any) -> dict[str, Any]:
    return cluster_autoscaler_values(cluster_facts(), ClusterAutoscalerSpec.load(changes), ROLE)


def test_it_finds_groups_by_the_tags_that_they_bear() -> None:
    borne = autoscaler_tags("shop", WorkerGroupSpec.load(GROUP))
    assert set(autoscaler()["autoDiscovery"]["tags"]) <= borne.keys()


def test_it_may_resize_what_bears_its_clusters_tag_and_nothing_else() -> None:
    look, resize = autoscaler_policy("aws", "us-west-2", ACCOUNT, "shop")["Statement"]
    (tag, value) = next(iter(resize["Condition"]["StringEquals"].items()))
    assert autoscaler_tags("shop", WorkerGroupSpec.load(GROUP))[tag.removeprefix("aws:ResourceTag/")] == value
    assert all(action.split(":")[1].startswith(("Describe", "Get")) for action in look["Action"])


def test_its_arguments_follow_the_settings() -> None:
    args = autoscaler(expander="most-pods", idleMinutes=20, idlePercent=65)["extraArgs"]
    assert args["expander"] == "most-pods"
    assert (args["scale-down-unneeded-time"], args["scale-down-utilization-threshold"]) == ("20m", "0.65")
    assert args["balance-similar-node-groups"] is True


def test_a_variable_is_given_once() -> None:
    """The chart makes AWS_REGION of the region."""
    settings = autoscaler()
    assert settings["awsRegion"] == "us-west-2"
    assert "AWS_REGION" not in settings["extraEnv"]
    assert settings["extraEnv"]["AWS_ROLE_ARN"] == ROLE


def test_figures_are_asked_for_where_kubelets_are_open() -> None:
    """Nothing but a control-plane node reaches a kubelet."""
    for cni in ("cilium", "aws-vpc"):
        sources = {row.source for row in matrix(RuleOptions(cni=cni)) if row.port == ports.KUBELET and row.last is None}
        assert sources == {RuleEnd.CONTROL_PLANE}
    settings = metrics_server_values(cluster_facts(), 2)
    assert settings["nodeSelector"] == {"node-role.kubernetes.io/control-plane": ""}
    assert "node-role.kubernetes.io/control-plane" in {one["key"] for one in settings["tolerations"]}


def test_kubelets_and_the_api_server_verify_each_other() -> None:
    settings = metrics_server_values(cluster_facts(), 2)
    assert settings["apiService"] == {"insecureSkipTLSVerify": False}
    assert any(one.startswith("--kubelet-certificate-authority=") for one in settings["args"])
    assert "--kubelet-insecure-tls" not in settings["args"]
