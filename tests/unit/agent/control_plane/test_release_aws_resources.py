import json
from pathlib import Path
from typing import Any

import pytest

from support.agent.kubernetes_api import Api, refused
from support.agent.kubernetes_nodes import FakeInstance, control_plane, node_instance
from tripod.bootstrap.agent.control_plane.release_aws_resources import EBS_DRIVER
from tripod.bootstrap.agent.control_plane.role import COMMANDS
from tripod.bootstrap.agent.host.command_io import ARGUMENTS
from tripod.operations.delete.run import HELD, RELEASE


def service(name: str, type_: str = "LoadBalancer") -> dict[str, Any]:
    return {"metadata": {"namespace": "web", "name": name}, "spec": {"type": type_}}


def volume(name: str, policy: str, driver: str = EBS_DRIVER) -> dict[str, Any]:
    source = {"csi": {"driver": driver, "volumeHandle": f"vol-{name}"}}
    return {"metadata": {"name": name}, "spec": {"persistentVolumeReclaimPolicy": policy, **source}}


def pod(name: str, *volumes: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"namespace": "web", "name": name}, "spec": {"volumes": list(volumes)}}


@pytest.fixture
def node(tmp_path: Path) -> tuple[FakeInstance, Api]:
    """A control-plane node of a cluster that holds load balancers and volumes in AWS."""
    standing = node_instance(tmp_path, control_plane())
    api = Api(standing)
    for one in (service("public"), service("inside", "ClusterIP")):
        api.put("services", one["metadata"]["name"], one)
    for one in (volume("gone", "Delete"), volume("kept", "Retain"), volume("other", "Delete", "nfs.example.com")):
        api.put("persistentvolumes", one["metadata"]["name"], one)
    api.put("persistentvolumeclaims", "data", {"metadata": {"namespace": "web", "name": "data"}, "spec": {}})
    api.put("nodes", "i-1", {})
    claimed = pod("claimed", {"persistentVolumeClaim": {"claimName": "data"}})
    for one in (claimed, pod("scratch", {"ephemeral": {}}), pod("free", {"emptyDir": {}})):
        api.put("pods", one["metadata"]["name"], one)
    return standing, api


def test_it_says_what_is_held_and_changes_nothing(node: tuple[FakeInstance, Api]) -> None:
    standing, api = node
    assert json.loads(COMMANDS[HELD](standing.agent)) == {
        "services": ["web/public"],
        "claims": ["web/data"],
        "kept": ["vol-kept"],
        "apis": [],
    }
    assert (api.removed, api.posted) == ([], [])


def test_load_balancers_and_claims_go_and_their_end_is_waited_for(
    node: tuple[FakeInstance, Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    standing, api = node
    monkeypatch.setenv(ARGUMENTS, '{"claims": true}')
    standing.clock.events[40] = lambda: controllers_end(api)
    assert json.loads(COMMANDS[RELEASE](standing.agent)) == {"left": ""}
    assert api.removed == ["public", "data", "claimed", "scratch"]
    # Before any pod goes, nodes take no new one: its claim would be given another volume.
    assert api.posted == [("node/i-1", {"spec": {"unschedulable": True}})]
    assert 40 <= standing.clock.time < 80


def controllers_end(api: Api) -> None:
    """Have the controllers release the load balancer and the volume."""
    for key in (("services", "", "public"), ("persistentvolumes", "", "gone")):
        del api.objects[key]


def test_without_claims_volumes_and_pods_are_left_alone(node: tuple[FakeInstance, Api]) -> None:
    standing, api = node
    standing.clock.events[10] = lambda: controllers_end(api)
    assert json.loads(COMMANDS[RELEASE](standing.agent)) == {"left": ""}
    assert api.removed == ["public"]


def test_what_its_controllers_do_not_release_is_reported(
    node: tuple[FakeInstance, Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    standing, _ = node
    monkeypatch.setenv(ARGUMENTS, '{"claims": true}')
    left = json.loads(COMMANDS[RELEASE](standing.agent))["left"]
    assert "2 left: service web/public, volume gone" in left


def content(handle: str, policy: str, driver: str = EBS_DRIVER) -> dict[str, Any]:
    """A VolumeSnapshotContent."""
    status = {"snapshotHandle": handle} if handle else {}
    return {"metadata": {"name": "x"}, "spec": {"driver": driver, "deletionPolicy": policy}, "status": status}


def test_snapshots_that_outlive_their_objects_are_named(node: tuple[FakeInstance, Api]) -> None:
    standing, api = node
    contents = [content("snap-1", "Delete"), content("snap-2", "Retain"), content("", "Retain")]
    others = [content("snap-3", "Retain", "nfs.example.com")]
    path = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents"
    api.raw[path] = json.dumps({"items": [*contents, *others]})
    assert json.loads(COMMANDS[HELD](standing.agent))["kept"] == ["vol-kept", "snap-2"]


def test_a_server_that_does_not_answer_at_first_is_asked_again(node: tuple[FakeInstance, Api]) -> None:
    standing, api = node
    api.faults = [refused("ServiceUnavailable")] * 3
    assert json.loads(COMMANDS[HELD](standing.agent))["services"] == ["web/public"]


def aggregated(service: str | None, available: str, name: str = "v1beta1.metrics.k8s.io") -> dict[str, Any]:
    """An APIService; without a service it is one of the API server's own."""
    served = {} if service is None else {"service": {"namespace": "kube-system", "name": service}}
    return {
        "metadata": {"name": name},
        "spec": served,
        "status": {"conditions": [{"type": "Available", "status": available}]},
    }


@pytest.mark.parametrize(
    ("api", "goes"),
    [
        (aggregated("metrics-server", "False"), True),
        (aggregated("metrics-server", "Unknown"), True),
        ({**aggregated("metrics-server", "False"), "status": {}}, True),
        (aggregated("metrics-server", "True"), False),
        # A team's own adapter, and one that is not of the add-ons.
        (aggregated("prometheus-adapter", "False"), False),
        (aggregated("keda", "False", "v1beta1.external.metrics.k8s.io"), False),
        (aggregated(None, "False", "v1.apps"), False),
    ],
)
def test_an_api_of_ours_without_a_server_goes_and_no_other(
    node: tuple[FakeInstance, Api], api: dict[str, Any], goes: bool
) -> None:
    standing, objects = node
    name: str = api["metadata"]["name"]
    objects.put("apiservices", name, api)
    assert json.loads(COMMANDS[HELD](standing.agent))["apis"] == [name] * goes
    standing.clock.events[10] = lambda: controllers_end(objects)
    assert json.loads(COMMANDS[RELEASE](standing.agent)) == {"left": ""}
    assert (name in objects.removed) is goes
