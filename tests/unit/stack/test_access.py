"""Programs that an update needs on this machine: asked before anything is made, and only then."""

from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto.resource_pb2_grpc import ResourceMonitorStub

from support.ports import free_port
from support.stacks.planned import settings_of
from tripod.core import component
from tripod.core.problems import ConfigurationError
from tripod.stack import preflight
from tripod.stack.spec import StackSpec


def stack(**access: object) -> StackSpec:
    """The local stack, with other access to its API."""
    given = {key.partition(":")[2]: value for key, value in settings_of("local").items() if key.startswith("tripod:")}
    spec, problems = StackSpec.read({**given, "region": "us-west-2", "access": {"tunnelPort": free_port(), **access}})
    assert spec is not None
    assert problems == []
    return spec


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update by the engine, on a machine without the programs."""
    monkeypatch.setattr(component, "get_monitor", lambda: ResourceMonitorStub(grpc.insecure_channel("unused")))
    monkeypatch.setattr(preflight.pulumi.runtime, "is_dry_run", lambda: False)
    monkeypatch.setattr(preflight, "real_account", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_each_missing_program_is_refused_where_the_stack_file_asks_for_it() -> None:
    with pytest.raises(ConfigurationError) as error:
        preflight.check_stack(stack(), {})
    assert [problem.location for problem in error.value.problems] == ["tripod:access.mode"] * 2
    assert [problem.allowed.partition(" ")[0] for problem in error.value.problems] == [
        "`aws`",
        "`session-manager-plugin`",
    ]


def test_another_way_to_the_api_needs_none() -> None:
    preflight.check_stack(stack(mode="in-vpc-runner", allowedRanges=["10.0.0.0/8"]), {})


def test_add_ons_in_another_cluster_need_none() -> None:
    preflight.check_stack(stack(), {}, uses_api=False)


def test_a_preview_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.pulumi.runtime, "is_dry_run", lambda: True)
    preflight.check_stack(stack(), {})


def test_a_plan_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component, "get_monitor", object)
    preflight.check_stack(stack(), {})
