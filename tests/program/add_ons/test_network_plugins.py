"""The network plugin, the order of add-ons after it, and the registries of images: in the whole program."""

from functools import cache

import pytest

from support.add_ons.cluster_facts import EVERY_MIRROR
from support.add_ons.manifest_rules.policy import every_container, pod_of
from support.stacks.planned import changed, inputs, planned, put, shared_plan
from support.stacks.reading import preceding, texts
from tripod.rehearsal.program import Recording
from tripod.rehearsal.recorder import Registration

PLUGINS = {"cilium": {"tripod:index:Cilium"}, "aws-vpc": {"tripod:index:AwsVpcCni", "tripod:index:KubeProxy"}}
RELEASE = "kubernetes:helm.sh/v3:Release"
FIRST = (
    "add-ons-cilium",
    "add-ons-kube-proxy",
    "add-ons-aws-vpc-cni",
    "add-ons-cloud-controller",
    "add-ons-gateway-api",
)


@cache
def with_plugin(cni: str) -> Recording:
    return shared_plan(changed("production", put("tripod:network.cni", cni)))


def names(plan: Recording, *without: str) -> set[tuple[str, str]]:
    return {
        (one.type, one.name)
        for one in plan.registrations.values()
        if not any(one.name.startswith(start) for start in without)
    }


@pytest.mark.parametrize("cni", PLUGINS)
def test_there_is_the_plugin_that_was_chosen_and_no_other(cni: str) -> None:
    there = {type_ for type_, _ in names(with_plugin(cni))}
    assert {name for name, types in PLUGINS.items() if types & there} == {cni}
    assert there >= PLUGINS[cni]


def test_nothing_else_in_the_cluster_depends_on_the_choice() -> None:
    in_cluster = [
        {(type_, name) for type_, name in names(with_plugin(cni), *FIRST) if name.startswith("add-ons-")}
        for cni in PLUGINS
    ]
    assert in_cluster[0] == in_cluster[1]


def needs_pods(one: Registration) -> bool:
    return one.type == RELEASE or one.type.rpartition(":")[2] in ("Deployment", "DaemonSet", "StatefulSet", "Job")


@pytest.mark.parametrize("cni", PLUGINS)
def test_pods_wait_for_a_network_and_for_nodes_that_are_not_tainted(cni: str) -> None:
    plan = with_plugin(cni)
    workloads = [one for one in plan.registrations.values() if one.name.startswith("add-ons-") and needs_pods(one)]
    first = {one.urn for one in workloads if one.type == RELEASE and one.name.startswith(FIRST)}
    assert len(first) == 2
    late = [one for one in workloads if not one.name.startswith(FIRST)]
    assert late
    assert [one.name for one in late if not first <= preceding(plan, one.urn)] == []


@pytest.mark.parametrize("cni", PLUGINS)
def test_neither_the_network_nor_the_cloud_controller_waits_for_the_other(cni: str) -> None:
    """Each makes nodes fit for pods in its own way, and starts on nodes that are not."""
    plan = with_plugin(cni)
    for one in plan.registrations.values():
        if one.name.startswith("add-ons-cloud-controller"):
            waited = {plan.registrations[urn].type for urn in preceding(plan, one.urn)}
            assert waited.isdisjoint({*PLUGINS["cilium"], *PLUGINS["aws-vpc"]})


def test_the_policy_agents_definitions_do_not_wait_until_all_agents_run() -> None:
    """The controller makes them: its pods need the plugin on their node alone, whatever else a node lacks."""
    plan = with_plugin("aws-vpc")
    by_name = {one.name: one for one in plan.registrations.values()}
    release = by_name["add-ons-aws-vpc-cni-release"]
    controller = by_name["add-ons-aws-vpc-cni-deployment-amazon-network-policy-controller-k8s"]
    assert release.urn not in preceding(plan, controller.urn)
    # A pod without its host's network has none before the plugin.
    assert controller.urn not in preceding(plan, release.urn)
    pod = inputs(controller)["spec"]["template"]["spec"]
    assert not pod.get("hostNetwork")
    tolerated = {one["key"] for one in pod["tolerations"] if one["operator"] == "Exists"}
    assert {"node.kubernetes.io/not-ready", "node.cloudprovider.kubernetes.io/uninitialized"} <= tolerated
    # kube-proxy comes first: both ask the API by its Service.
    proxy = [urn for urn in plan.registrations if "add-ons-kube-proxy-daemon-set" in urn]
    assert proxy
    assert set(proxy) <= preceding(plan, controller.urn) & preceding(plan, release.urn)


@pytest.mark.parametrize("cni", PLUGINS)
def test_every_image_lies_in_its_mirror(cni: str) -> None:
    plan = shared_plan(changed("production", put("tripod:network.cni", cni), put("tripod:supply.images", EVERY_MIRROR)))
    objects = [inputs(one) for one in plan.registrations.values() if one.type.startswith("kubernetes:")]
    images = [
        container["image"] for body in objects if body.get("kind") for container in every_container(pod_of(body) or {})
    ]
    assert images
    assert [image for image in images if not image.startswith("mirror.example.com/")] == []
    settings = [text for body in objects if "chart" in body for text in texts(body["values"])]
    assert [text for text in settings if text.startswith(tuple(f"{registry}/" for registry in EVERY_MIRROR))] == []


def test_charts_come_from_their_mirror() -> None:
    plan = shared_plan(changed("production", put("tripod:addOns.charts", {"repository": "https://charts.example.com"})))
    found = [inputs(one)["repositoryOpts"]["repo"] for one in plan.registrations.values() if one.type == RELEASE]
    assert found
    assert set(found) == {"https://charts.example.com"}


def test_what_is_left_out_is_not_there_and_nothing_breaks() -> None:
    without = ["snapshotController", "clusterAutoscaler", "egressProbe", "metricsServer"]
    plan = shared_plan(changed("production", put("tripod:addOns.without", without)))
    gone = {one.name for one in planned("production").registrations.values()} - {
        one.name for one in plan.registrations.values()
    }
    assert {"add-ons-snapshot-controller", "add-ons-cluster-autoscaler", "add-ons-egress-probe"} <= gone
    (driver,) = (inputs(one) for one in plan.registrations.values() if one.name == "add-ons-ebs-csi-release")
    assert driver["values"]["volumeSnapshotClasses"] == []


def test_overrides_and_values_reach_what_is_rendered() -> None:
    plan = shared_plan(
        changed(
            "production",
            put("tripod:addOns.cilium", {"values": {"MTU": 1400, "envoy": {"enabled": False}}}),
            put("tripod:addOns.coreDns", {"overrides": {"Deployment/coredns": {"spec": {"replicas": 5}}}}),
        )
    )
    settings = {one.name: inputs(one) for one in plan.registrations.values()}
    values = settings["add-ons-cilium-release"]["values"]
    assert (values["MTU"], values["envoy"]["enabled"], values["kubeProxyReplacement"]) == (1400, False, "true")
    spec = settings["add-ons-core-dns-deployment-coredns"]["spec"]
    assert spec["replicas"] == 5
    assert spec["template"]["spec"]["containers"][0]["name"] == "coredns"
