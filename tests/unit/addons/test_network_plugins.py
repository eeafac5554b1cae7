"""The second network plugin keeps what the first does, in its own way."""

import json
from typing import Any

import pytest

from support.add_ons.cluster_facts import ACCOUNT, API_HOST, MIRRORS, cluster_facts
from support.add_ons.manifest_rules import object_problems
from tripod.addons.aws_vpc_cni.policy_controller import policy_controller
from tripod.addons.aws_vpc_cni.values import aws_vpc_cni_values
from tripod.addons.cilium.values import cilium_values
from tripod.addons.egress_probe.objects import SECONDS, destinations, egress_probe
from tripod.addons.framework.objects import key_of
from tripod.addons.kube_proxy.objects import configuration, kube_proxy, kubeconfig
from tripod.iam.vpc_cni_policies import vpc_cni_policy

ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"
ENDPOINT = f"{API_HOST}:6443"


def vpc_cni(**changes: Any) -> dict[str, Any]:
    return aws_vpc_cni_values(cluster_facts(cni="aws-vpc", **changes), True, ROLE, f"https://{ENDPOINT}")


def policy() -> dict[str, dict[str, Any]]:
    document = vpc_cni_policy("aws", "us-west-2", ACCOUNT, "shop", "vpc-1")
    return {one["Sid"]: one for one in document["Statement"]}


def test_either_plugin_reaches_the_api_by_its_name() -> None:
    assert cilium_values(cluster_facts(), API_HOST, "6443")["k8sServiceHost"] == API_HOST
    assert vpc_cni()["env"]["CLUSTER_ENDPOINT"] == f"https://{ENDPOINT}"
    (cluster,) = json.loads(kubeconfig(ENDPOINT))["clusters"]
    assert cluster["cluster"]["server"] == f"https://{ENDPOINT}"


def test_either_plugin_shows_databases_the_node_and_not_the_pod() -> None:
    assert cilium_values(cluster_facts(), API_HOST, "6443")["enableIPv4Masquerade"] is True
    assert vpc_cni()["env"]["AWS_VPC_K8S_CNI_EXTERNALSNAT"] == "false"


def test_either_plugin_enforces_policies() -> None:
    assert cilium_values(cluster_facts(), API_HOST, "6443")["policyEnforcementMode"] != "never"
    settings = vpc_cni()
    assert (settings["enableNetworkPolicy"], settings["nodeAgent"]["enabled"]) == ("true", True)
    assert "Deployment/amazon-network-policy-controller-k8s" in map(
        key_of, policy_controller(cluster_facts(cni="aws-vpc"))
    )


@pytest.mark.parametrize("mirrors", [{}, MIRRORS])
def test_objects_of_the_second_plugin_keep_every_rule(mirrors: dict[str, str]) -> None:
    known = cluster_facts(cni="aws-vpc", image_mirrors=mirrors)
    assert list(object_problems([*kube_proxy(known, "{}"), *policy_controller(known)])) == []


def test_kube_proxy_is_of_the_clusters_version_and_on_every_node() -> None:
    daemon = kube_proxy(cluster_facts(cni="aws-vpc", kubernetes="1.36.7"), "{}")[-1]
    pod = daemon["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"].endswith(":v1.36.7")
    assert pod["tolerations"] == [{"operator": "Exists"}]
    assert configuration()["clientConnection"]["kubeconfig"].endswith("/kubeconfig")


def test_an_interface_says_whose_it_is_and_not_what_its_node_is_for() -> None:
    """The plugin gives these tags to a node's first interface too."""
    tags = json.loads(vpc_cni()["env"]["ADDITIONAL_ENI_TAGS"])
    assert tags.keys() >= {"project", "owner", "environment", "cluster"}
    assert "tripod:role" not in tags


def test_no_image_asks_for_a_login_and_every_one_lies_in_the_mirror() -> None:
    for mirrors, start in (({}, "public.ecr.aws/"), (MIRRORS, "mirror.example.com/ecr/")):
        settings = vpc_cni(image_mirrors=mirrors)
        found = [settings["image"], settings["init"]["image"], settings["nodeAgent"]["image"]]
        assert all(one["overrideRepository"].startswith(start) for one in found)


def test_the_plugin_may_change_interfaces_of_its_own_nodes_alone() -> None:
    own = {"StringEquals": {"aws:ResourceTag/cluster.k8s.amazonaws.com/name": "shop"}}
    assert policy()["KeepOwnInterfaces"]["Condition"] == own
    for sid in ("TagInterfacesOfNodes", "AttachToNodes"):
        tags = policy()[sid]["Condition"]["StringEquals"]
        assert tags == {
            "aws:ResourceTag/cluster": "shop",
            "aws:ResourceTag/tripod:role": ["control-plane", "workers"],
        }
    in_vpc = {"ArnEquals": {"ec2:Vpc": f"arn:aws:ec2:us-west-2:{ACCOUNT}:vpc/vpc-1"}}
    assert policy()["MakeInterfacesInVpc"]["Condition"] == in_vpc


def test_the_probe_looks_at_names_the_api_aws_and_what_is_asked_for() -> None:
    looked = destinations(cluster_facts(), ["registry.example.com"])
    assert looked == {
        "api": "kubernetes.default.svc:443",
        "aws": "sts.us-west-2.amazonaws.com:443",
        "host-0": "registry.example.com:443",
    }


def test_the_probe_keeps_every_rule_and_ends() -> None:
    objects = egress_probe(cluster_facts(), [])
    assert list(object_problems(objects)) == []
    assert objects[-1]["spec"]["activeDeadlineSeconds"] == SECONDS


@pytest.mark.parametrize("change", [{"kubernetes": "1.36.7"}, {"cni": "aws-vpc"}])
def test_the_probe_runs_again_when_the_version_or_the_plugin_changes(change: dict[str, Any]) -> None:
    def template(**changes: Any) -> dict[str, Any]:
        return egress_probe(cluster_facts(**changes), [])[-1]["spec"]["template"]

    assert template() == template()
    assert template() != template(**change)
