"""The components of teams on a real API server, scheduler and controllers; pods only report that they are ready."""

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from support.add_ons.workload_samples import CALLS, IMAGE, SERVICE, SIDES
from support.controlplane.instances.waiting import until
from support.controlplane.local_cluster import ZONES, LocalCluster, local_cluster
from tripod import AllowCalls, AllowCallsArgs, BlueGreen, BlueGreenArgs, WebService, WebServiceArgs
from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.pods import selector
from tripod.operations.in_cluster.view import labels, list_at, value_at
from tripod.rehearsal.objects import AppliedObjects, RefusedObjectError, object_id
from tripod.rehearsal.program import record_function
from tripod.rehearsal.protocol_values import plain
from tripod.rehearsal.recorder import Registration
from tripod.stack.project import StackConfig

OTHER = IMAGE.replace("0123", "3210")
KINDS = {
    "Deployment": "apps/v1",
    "Service": "v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
}
"""The kinds of a service's objects → their API version."""


class ObjectsBackend:
    """A backend for programs that make Kubernetes objects and nothing else."""

    def __init__(self, objects: AppliedObjects) -> None:
        self.objects = objects

    def create(self, registration: Registration) -> tuple[Any, dict[str, Any]]:
        if registration.type.startswith("pulumi:providers:"):
            return registration.name, {}
        self.objects.put(registration)
        return object_id(plain(registration.inputs)), {}

    def invoke(self, function: str, arguments: Mapping[str, Any], provider: str) -> dict[str, Any]:
        raise AssertionError(f"{function} {arguments} {provider}")


@pytest.fixture(scope="module")
def cluster(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[LocalCluster]:
    with local_cluster(programs, tmp_path_factory.mktemp("cluster")) as made:
        objects = AppliedObjects(made.kubeconfig)
        for name in ("shop", "back"):
            for manifest in namespace(name):
                assert objects.apply(manifest, name) is not None
        yield made


def up(cluster: LocalCluster, program: Callable[[pulumi.ResourceOptions], object], seconds: float = 60) -> None:
    """Run a team's program, as `pulumi up` would: what waits for pods waits for them."""

    def whole() -> None:
        provider = kubernetes.Provider("cluster", kubeconfig=str(cluster.kubeconfig))
        program(pulumi.ResourceOptions(provider=provider))

    backend = ObjectsBackend(AppliedObjects(cluster.kubeconfig, seconds))
    record_function(whole, "team", "test", StackConfig({}, frozenset()), backend)


def web(**changes: Any) -> Callable[[pulumi.ResourceOptions], object]:
    args = cast("WebServiceArgs", {**SERVICE, **changes})
    return lambda opts: WebService(args["name"], args, opts)


def sides(**changes: Any) -> Callable[[pulumi.ResourceOptions], object]:
    args = cast("BlueGreenArgs", {**SIDES, "name": "till", **changes})
    return lambda opts: BlueGreen(args["name"], args, opts)


def serving(cluster: LocalCluster, service: str) -> set[str]:
    """The images of the ready pods behind a Service."""
    pods = {pod["metadata"]["name"]: pod for pod in cluster.objects("v1", "Pod", "shop")}
    pieces = cluster.objects("discovery.k8s.io/v1", "EndpointSlice", "shop")
    mine = [piece for piece in pieces if labels(piece)["kubernetes.io/service-name"] == service]
    ready = [one for piece in mine for one in list_at(piece, "endpoints") if value_at(one, "conditions", "ready")]
    names = {str(value_at(one, "targetRef", "name")) for one in ready}
    return {pods[name]["spec"]["containers"][0]["image"] for name in names & pods.keys()}


def serves(cluster: LocalCluster, service: str, image: str) -> None:
    """Wait until one image alone is behind a Service: its endpoints follow its pods."""
    until(f"{service} serves {image}", lambda: serving(cluster, service) == {image})


def versions(cluster: LocalCluster, name: str) -> dict[str, str]:
    """Object of a service → its version at the API server; writes of controllers do not count."""
    found: dict[str, str] = {}
    for kind, api_version in KINDS.items():
        for item in cluster.objects(api_version, kind, "shop"):
            if item["metadata"]["name"].startswith(name):
                metadata = item["metadata"]
                found[f"{kind}/{metadata['name']}"] = str(metadata.get("generation") or metadata["resourceVersion"])
    return found


def test_one_call_is_a_service_that_serves_and_a_second_changes_nothing(cluster: LocalCluster) -> None:
    up(cluster, web())
    serves(cluster, "web", IMAGE)
    before = versions(cluster, "web")
    assert {key.partition("/")[0] for key in before} == KINDS.keys()
    up(cluster, web())
    assert versions(cluster, "web") == before


def test_its_pods_stand_in_different_zones_and_the_budget_lets_one_go(cluster: LocalCluster) -> None:
    up(cluster, web(name="spread", hosts=[], replicas={"minimum": 3, "maximum": 6}))
    cluster.client.patch(
        cluster.kind("apps/v1", "Deployment"),
        name="spread",
        namespace="shop",
        body={"spec": {"replicas": 3}},
        content_type="application/merge-patch+json",
    )

    def zones() -> set[int]:
        pods = cluster.objects("v1", "Pod", "shop")
        mine = [pod for pod in pods if pod["metadata"]["labels"].get("app.kubernetes.io/name") == "spread"]
        return {
            int(pod["spec"]["nodeName"].rpartition("-")[2]) % len(ZONES) for pod in mine if pod["spec"].get("nodeName")
        }

    until("pods in three zones", lambda: len(zones()) == 3)

    def allowed() -> int:
        budgets = cluster.objects("policy/v1", "PodDisruptionBudget", "shop")
        return next(one["status"]["disruptionsAllowed"] for one in budgets if one["metadata"]["name"] == "spread")

    until("a budget of one", lambda: allowed() == 1)


def test_a_bad_image_fails_the_update_and_the_old_pods_go_on(cluster: LocalCluster) -> None:
    up(cluster, web(name="held", hosts=[]))
    with cluster.never_ready(OTHER), pytest.raises(RefusedObjectError, match=r"Deployment .*held: .* of .* are ready"):
        up(cluster, web(name="held", hosts=[], image=OTHER), seconds=5)
    serves(cluster, "held", IMAGE)
    up(cluster, web(name="held", hosts=[]))
    serves(cluster, "held", IMAGE)


def test_a_switch_waits_for_the_new_side_and_back_is_one_step(cluster: LocalCluster) -> None:
    blue, green = SIDES["blue"], SIDES["green"]
    up(cluster, sides(live="blue"))
    serves(cluster, "till", blue)
    up(cluster, sides(live="green"))
    serves(cluster, "till", green)
    kept = {one["metadata"]["name"] for one in cluster.objects("apps/v1", "Deployment", "shop")}
    assert {"till-blue", "till-green"} <= kept
    up(cluster, sides(live="blue"))
    serves(cluster, "till", blue)


def test_a_side_that_is_not_ready_is_not_switched_to(cluster: LocalCluster) -> None:
    broken = IMAGE.replace("0123", "4567")
    up(cluster, sides(live="blue"))
    with cluster.never_ready(broken), pytest.raises(RefusedObjectError, match="till-green"):
        up(cluster, sides(live="green", green=broken), seconds=5)
    serves(cluster, "till", SIDES["blue"])


def test_calls_are_opened_one_way(cluster: LocalCluster) -> None:
    up(cluster, lambda opts: AllowCalls("web-orders", cast("AllowCallsArgs", CALLS), opts))
    (inwards,) = [
        one["spec"]
        for one in cluster.objects("networking.k8s.io/v1", "NetworkPolicy", "back")
        if one["spec"]["podSelector"].get("matchLabels") == selector("orders")
    ]
    assert inwards["policyTypes"] == ["Ingress"]
    assert inwards["ingress"][0]["from"][0]["podSelector"] == {"matchLabels": selector("web")}
    assert not inwards.get("egress")
