"""Refused settings of workloads, each with its path."""

from copy import deepcopy
from typing import Any

import pytest

from support.add_ons.workload_samples import BINDING, CALLS, DIGEST, IMAGE, SERVICE, SIDES
from tripod.core.spec import Spec
from tripod.workloads.spec import AllowCallsSpec, BlueGreenSpec, DatabaseBindingSpec, WebServiceSpec


def problems(spec: type[Spec], sample: dict[str, Any], **changes: Any) -> list[str]:
    return [problem.location for problem in spec.read({**deepcopy(sample), **changes})[1]]


@pytest.mark.parametrize(
    ("spec", "sample"),
    [(WebServiceSpec, SERVICE), (BlueGreenSpec, SIDES), (DatabaseBindingSpec, BINDING), (AllowCallsSpec, CALLS)],
)
def test_the_samples_are_taken(spec: type[Spec], sample: dict[str, Any]) -> None:
    assert problems(spec, sample) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"image": "registry.example.com/shop/web:1.2"}, "image"),
        ({"image": "web"}, "image"),
        ({"image": f"shop/web@{DIGEST}"}, "image"),
        ({"image": f"registry.example.com/shop/web:1.2-staging@{DIGEST}"}, "image"),
        ({"image": f"registry.example.com/shop/web:prod@{DIGEST}"}, "image"),
        ({"name": "Web"}, "name"),
        ({"namespace": "shop_1"}, "namespace"),
        ({"port": 80}, "port"),
        ({"user": 0}, "user"),
        ({"hosts": ["https://shop.example.com"]}, "hosts[0]"),
        ({"hosts": ["shop.example.com", "shop.example.com"]}, "hosts[1]"),
        ({"ingress": "gateway", "issuer": "acme"}, "issuer"),
        ({"environment": {"DB_PASSWORD": "hunter2"}}, "environment.DB_PASSWORD"),
        ({"replicas": {"minimum": 1}}, "replicas.minimum"),
        ({"replicas": {"minimum": 4, "maximum": 3}}, "replicas.maximum"),
        ({"replicas": {"cpu_percent": 100}}, "replicas.cpuPercent"),
        ({"resources": {"cpu": "lots", "memory": "128Mi"}}, "resources.cpu"),
        ({"resources": {"cpu": "1", "memory": "128"}}, "resources.memory"),
        ({"readiness": {"path": "ready"}}, "readiness.path"),
    ],
)
def test_a_service_is_refused_with_the_place_of_what_is_wrong(change: dict[str, Any], where: str) -> None:
    assert problems(WebServiceSpec, SERVICE, **change) == [where]


@pytest.mark.parametrize("missing", ["resources", "readiness", "liveness", "image"])
def test_limits_and_probes_are_not_left_to_chance(missing: str) -> None:
    sample = {key: value for key, value in SERVICE.items() if key != missing}
    assert problems(WebServiceSpec, sample) == [missing]


def test_a_secret_in_clear_is_not_shown_where_it_is_refused() -> None:
    found = WebServiceSpec.read({**SERVICE, "environment": {"API_TOKEN": "hunter2"}})[1]
    assert "hunter2" not in "".join(map(str, found))


def test_a_tag_may_have_a_stacks_letters_within_a_word() -> None:
    assert problems(WebServiceSpec, SERVICE, image=IMAGE.replace("@", ":product-1.2-devices@")) == []


def test_both_sides_are_pinned_and_each_survives_a_loss() -> None:
    assert problems(BlueGreenSpec, SIDES, green="registry.example.com/web:2", replicas=1) == ["green", "replicas"]


def test_a_service_does_not_call_itself_and_a_binding_has_users() -> None:
    assert problems(AllowCallsSpec, CALLS, callee=CALLS["caller"]) == ["callee"]
    assert problems(DatabaseBindingSpec, BINDING, used_by=[]) == ["usedBy"]
