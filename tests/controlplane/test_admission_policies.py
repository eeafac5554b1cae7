"""A real API server refuses and takes objects because of our policies: one of each for every rule."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from kubernetes.dynamic.exceptions import ConflictError, DynamicApiError

from support.add_ons.cluster_facts import cluster_facts
from support.controlplane.instances.waiting import until
from support.controlplane.local_cluster import api_client
from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import service_account
from tripod.addons.ingress.constants import load_balancer_service
from tripod.addons.ingress.load_balancer import load_balancer_annotations
from tripod.addons.ingress.spec import IngressSpec
from tripod.addons.policies.objects import HEALTH_CHECK_PORT, TARGET_GROUP_ATTRIBUTES, policies
from tripod.addons.team_namespaces.objects import priority_classes, team_namespace
from tripod.addons.team_namespaces.spec import TeamNamespaceSpec
from tripod.rehearsal.local_kubernetes import local_kubernetes

SERVICES = "100.80.0.0/16"
TEAM = TeamNamespaceSpec(name="shop", level="baseline", memory="128Mi", quota={"pods": "50"})
IMAGE = "registry.example.com/shop/web:1.2"

Change = Callable[[dict[str, Any]], None]


class Server:
    """An API server with the policies of a cluster.

    Args:
        kubeconfig: how it is reached.
    """

    def __init__(self, kubeconfig: Path) -> None:
        self._client = api_client(kubeconfig)

    def make(self, body: Manifest) -> dict[str, Any]:
        """Make an object; return it as the server has it."""
        kind = self._client.resources.get(api_version=body["apiVersion"], kind=body["kind"])
        strict = [("fieldValidation", "Strict")]
        return self._client.create(kind, body=body, query_params=strict).to_dict()

    def change(self, body: Manifest) -> dict[str, Any]:
        """Change an object by what is given of it."""
        kind = self._client.resources.get(api_version=body["apiVersion"], kind=body["kind"])
        merge = "application/merge-patch+json"
        return self._client.patch(kind, body=body, content_type=merge).to_dict()

    def would_refuse(self, body: Manifest, because: str) -> bool:
        """True if an object is refused for a reason; nothing is made."""
        kind = self._client.resources.get(api_version=body["apiVersion"], kind=body["kind"])
        try:
            self._client.create(kind, body=body, query_params=[("dryRun", "All")])
        except DynamicApiError as refusal:
            error: Any = refusal
            return because in str(error.summary())
        return False

    def refuses(self, act: Callable[[Manifest], object], body: Manifest, because: str) -> None:
        """See that something is refused, for one reason."""
        with pytest.raises(DynamicApiError) as refusal:
            act(body)
        error: Any = refusal.value
        assert because in str(error.summary())


@pytest.fixture(scope="module")
def server(programs: Path) -> Generator[Server]:
    with local_kubernetes(str(programs), SERVICES) as kubeconfig:
        assert kubeconfig is not None
        made = Server(kubeconfig)
        teams = team_namespace(TEAM, {})
        system = [*namespace("nodes", "privileged"), *namespace("tight", "restricted"), plain("open"), plain("ingress")]
        for one in [*priority_classes(), *policies([load_balancer_service("ingress-nginx")]), *teams, *system]:
            made.make(one)
        for place in ("shop", "nodes", "tight", "open", "kube-system"):
            # The controller that makes them does not run here.
            made.make(service_account("default", place))
        # The server reads policies in its own time; a pod that breaks every rule tells when it has.
        probes = [pod("probe", _with(image="nginx")), pod("probe", _with(ports=[{"containerPort": 1, "hostPort": 1}]))]
        until("policies are in force", lambda: all(_refused(made, probe) for probe in probes))
        yield made


def plain(name: str) -> Manifest:
    """A namespace that somebody made by hand: without limits, and of no level of pod security."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _refused(server: Server, one: Manifest) -> bool:
    try:
        server.make(one)
    except ConflictError:
        return False  # it was made before the policies were in force, which are asked first
    except DynamicApiError:
        return True
    return False


def pod(name: str, *changes: Change, place: str = "open") -> Manifest:
    """A pod that keeps every rule, but for what is changed of its specification."""
    resources = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}}
    spec: dict[str, Any] = {"containers": [{"name": "main", "image": IMAGE, "resources": resources}]}
    for change in changes:
        change(spec)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": place}, "spec": spec}


def _with(**more: Any) -> Change:
    """A change of the first container."""

    def change(spec: dict[str, Any]) -> None:
        spec["containers"][0].update(more)

    return change


def _first(**more: Any) -> Change:
    """A container that starts first."""

    def change(spec: dict[str, Any]) -> None:
        spec["initContainers"] = [{**deepcopy(spec["containers"][0]), "name": "first", **more}]

    return change


def _host_network(spec: dict[str, Any]) -> None:
    spec["hostNetwork"] = True


def _host_processes(spec: dict[str, Any]) -> None:
    spec["hostPID"] = True


HOST_PORT = [{"containerPort": 80, "hostPort": 8080}]

REFUSED: dict[str, tuple[tuple[Change, ...], str]] = {
    "a port of the node": ((_with(ports=HOST_PORT),), "a port of the node"),
    "a port of the node, of a container that starts first": ((_first(ports=HOST_PORT),), "a port of the node"),
    "the node's network": ((_host_network,), "the node's network"),
    "a privileged container": ((_with(securityContext={"privileged": True}),), "a privileged container"),
    "the node's processes": ((_host_processes,), "the node's processes"),
    "an image without a tag": ((_with(image="registry.example.com:5000/web"),), "an image without a version"),
    "the latest image": ((_with(image="registry.example.com/web:latest"),), "an image without a version"),
    "an image without a tag that starts first": ((_first(image="busybox"),), "an image without a version"),
}

TAKEN: dict[str, tuple[Change, ...]] = {
    "a pod that keeps every rule": (),
    "a port of its own": (_with(ports=[{"containerPort": 80}]),),
    "an image by its digest": (_with(image=f"registry.example.com:5000/web@sha256:{'0' * 64}"),),
    "a container that starts first": (_first(),),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_pod_is_refused_and_so_is_what_would_make_it(server: Server, case: str):
    changes, because = REFUSED[case]
    server.refuses(server.make, pod("refused", *changes), because)
    for template in templates(pod("refused", *changes)):
        server.refuses(server.make, template, because)


@pytest.mark.parametrize("case", TAKEN)
def test_a_pod_is_taken_and_so_is_what_makes_it(server: Server, case: str):
    name = f"taken-{[*TAKEN].index(case)}"
    server.make(pod(name, *TAKEN[case]))
    for template in templates(pod(name, *TAKEN[case])):
        server.make(template)


def templates(one: Manifest) -> list[Manifest]:
    """Everything that makes such a pod."""
    labels = {"app": one["metadata"]["name"]}
    template = {"metadata": {"labels": labels}, "spec": one["spec"]}
    once = {**template, "spec": {**one["spec"], "restartPolicy": "Never"}}
    selected: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
    timed = {"schedule": "@daily", "jobTemplate": {"spec": {"template": once}}}
    made: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("apps/v1", "Deployment", selected),
        ("apps/v1", "DaemonSet", selected),
        ("apps/v1", "StatefulSet", {**selected, "serviceName": "x"}),
        ("batch/v1", "Job", {"template": once}),
        ("batch/v1", "CronJob", timed),
    )
    return [
        {"apiVersion": version, "kind": kind, "metadata": one["metadata"], "spec": spec} for version, kind, spec in made
    ]


@pytest.mark.parametrize("place", ["kube-system", "nodes"])
def test_system_namespaces_may_use_what_is_the_node_s(server: Server, place: str):
    server.make(pod("agent", _host_network, _with(ports=[{"containerPort": 9100, "hostPort": 9100}]), place=place))


def test_a_namespace_made_by_hand_takes_no_pod_without_limits(server: Server):
    server.refuses(server.make, pod("unlimited", _with(resources={})), "no limit of memory")
    server.refuses(server.make, pod("unlimited", _first(resources={})), "no limit of memory")
    server.make(pod("limited"))


@pytest.mark.parametrize(("place", "memory"), [("shop", "128Mi"), ("nodes", "256Mi")])
def test_a_bare_pod_gets_the_limits_of_its_namespace(server: Server, place: str, memory: str):
    made = server.make(pod("bare", _with(resources={}), place=place))
    resources = made["spec"]["containers"][0]["resources"]
    assert resources["limits"] == {"memory": memory}
    assert resources["requests"] == {"cpu": "50m", "memory": "64Mi"}
    assert made["spec"]["priorityClassName"] == "standard"


def balancer(name: str, place: str, type_: str = "LoadBalancer", **annotations: str) -> Manifest:
    """A Service with annotations of the ingress' own, some of them changed."""
    changed = {BALANCER[key]: value for key, value in annotations.items()}
    given = {**load_balancer_annotations(cluster_facts(), IngressSpec()), **changed}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": place, "annotations": given},
        "spec": {"type": type_, "ports": [{"port": 80}]},
    }


BALANCER = {"attributes": TARGET_GROUP_ATTRIBUTES, "port": HEALTH_CHECK_PORT}


@contextmanager
def listed(server: Server, name: str) -> Generator[None]:
    """Allow a Service to be a load balancer."""
    place, _, probe = name.partition("/")
    lists: Manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "load-balancers", "namespace": "kube-system"},
    }
    ingress = load_balancer_service("ingress-nginx")
    server.change({**lists, "data": {"services": f"{ingress}\n{name}"}})
    until("the list is read", lambda: not server.would_refuse(balancer(probe, place), "a second load balancer"))
    yield
    server.change({**lists, "data": {"services": ingress}})
    until("the list is read", lambda: server.would_refuse(balancer(probe, place), "a second load balancer"))


def test_there_is_one_load_balancer_and_no_second(server: Server):
    server.refuses(server.make, balancer("shop", "shop"), "a second load balancer")
    server.refuses(server.make, balancer("ingress-nginx-controller", "shop"), "a second load balancer")
    server.refuses(server.make, balancer("controller", "kube-system"), "a second load balancer")
    place, _, name = load_balancer_service("ingress-nginx").partition("/")
    server.make(balancer(name, place))


ATTRIBUTES = {
    "": False,
    "preserve_client_ip.enabled=true": False,
    "proxy_protocol_v2.enabled=true": False,
    "preserve_client_ip.enabled=false,preserve_client_ip.enabled=true": False,
    "preserve_client_ip.enabled=true,preserve_client_ip.enabled=false": False,
    "preserve_client_ip.enabled=false,preserve_client_ip.enabled": False,
    "xpreserve_client_ip.enabled=false": False,
    "preserve_client_ip.enabled=false": True,
    " proxy_protocol_v2.enabled=true , preserve_client_ip.enabled=false ": True,
}
"""Attributes of target groups → true if no client's address reaches a node."""


@pytest.mark.parametrize("given", ATTRIBUTES)
def test_a_load_balancer_has_no_addresses_of_clients(server: Server, given: str):
    name = f"addresses-{[*ATTRIBUTES].index(given)}"
    with listed(server, f"ingress/{name}"):
        one = balancer(name, "ingress", attributes=given)
        if ATTRIBUTES[given]:
            server.make(one)
        else:
            server.refuses(server.make, one, "a load balancer with its clients' addresses")
    server.make(balancer(f"{name}-inner", "ingress", "ClusterIP", attributes=given))


def test_a_load_balancer_without_annotations_is_refused_and_one_does_not_lose_them(server: Server):
    with listed(server, "ingress/bare"):
        bare = balancer("bare", "ingress")
        bare["metadata"].pop("annotations")
        server.refuses(server.make, bare, "a load balancer with its clients' addresses")
        server.make(balancer("bare", "ingress"))
        lost = {**bare, "metadata": {**bare["metadata"], "annotations": None}}
        server.refuses(server.change, lost, "a load balancer with its clients' addresses")


@pytest.mark.parametrize("protocols", [("UDP",), ("TCP", "UDP"), ("SCTP",)])
def test_a_load_balancer_is_of_tcp(server: Server, protocols: tuple[str, ...]):
    with listed(server, "ingress/datagrams"):
        ports = [{"port": 53, "name": one.lower(), "protocol": one} for one in protocols]
        one = {**balancer("datagrams", "ingress"), "spec": {"type": "LoadBalancer", "ports": ports}}
        server.refuses(server.make, one, "a load balancer of another protocol than TCP")


@pytest.mark.parametrize(
    ("port", "taken"), [("traffic-port", True), ("30000", True), ("32767", True), ("29999", False), ("10256", False)]
)
def test_a_health_check_is_of_a_port_that_is_open(server: Server, port: str, taken: bool):
    name = f"checked-{port}"
    with listed(server, f"ingress/{name}"):
        one = balancer(name, "ingress", port=port)
        if taken:
            server.make(one)
        else:
            server.refuses(server.make, one, "a health check on a port that nodes do not open")


def test_a_service_becomes_no_load_balancer_either(server: Server):
    server.make(balancer("inner", "shop", "ClusterIP"))
    changed = {**balancer("inner", "shop"), "spec": {"type": "LoadBalancer"}}
    server.refuses(server.change, changed, "a second load balancer")
    server.change({**balancer("inner", "shop"), "spec": {"type": "NodePort"}})


def test_without_the_list_nothing_is_a_load_balancer(server: Server):
    """An empty list, such as of a cluster without ingress."""
    config_map: Manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "load-balancers", "namespace": "kube-system"},
    }
    server.change({**config_map, "data": {"services": ""}})
    until("the list is read", lambda: _refused(server, balancer("late", "ingress")))
    server.refuses(server.make, balancer("ingress-nginx-controller-2", "ingress"), "a second load balancer")
    server.change({**config_map, "data": {"services": "ingress/listed"}})
    until("the list is read", lambda: not _refused(server, balancer("listed", "ingress")))


def test_an_image_does_not_lose_its_version_later(server: Server):
    containers = server.make(pod("steady"))["spec"]["containers"]

    def with_image(image: str) -> Manifest:
        return {**pod("steady"), "spec": {"containers": [{**containers[0], "image": image}]}}

    server.change(with_image(f"{IMAGE}.1"))
    server.refuses(server.change, with_image("registry.example.com/shop/web:latest"), "an image without a version")


def test_what_pods_may_ask_of_nodes_is_their_namespace_s_level(server: Server):
    privileged = _with(securityContext={"privileged": True})
    server.refuses(server.make, pod("root", privileged, place="shop"), 'violates PodSecurity "baseline')
    server.refuses(server.make, pod("root", place="tight"), 'violates PodSecurity "restricted')
    server.make(pod("root", privileged, place="nodes"))
    safe = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    server.make(pod("safe", _with(securityContext=safe), place="tight"))
