"""Charts accept their values, and their rendered objects keep the manifest rules."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from support.add_ons.cluster_facts import EVERY_MIRROR
from support.add_ons.external_dns import arguments
from support.add_ons.manifest_rules import PolicyContext, object_problems
from support.add_ons.manifest_rules.exemptions import EXEMPT
from support.stacks.charts import Release, chart_version, releases, rendered, unavailable, unknown_keys
from support.stacks.planned import Change, changed, inputs, put, shared_plan
from tripod.supply.versions import KUBERNETES

pytestmark = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))

_VPC, _MIRRORED = put("tripod:network.cni", "aws-vpc"), put("tripod:supply.images", EVERY_MIRROR)
VARIANTS: dict[str, tuple[Change, ...]] = {
    "cilium": (),
    "aws-vpc": (_VPC,),
    "gateway": (put("tripod:addOns.ingress", {"kind": "gateway"}),),
    "cilium, mirrored": (_MIRRORED,),
    "aws-vpc, mirrored": (_VPC, _MIRRORED),
}


@cache
def releases_of(variant: str) -> tuple[Release, ...]:
    return tuple(releases(shared_plan(changed("production", *VARIANTS[variant]))))


def look(variant: str, wrong: Callable[[Release], list[Any]]) -> None:
    """Look at every chart that is there; say which are not."""
    there = [one for one in releases_of(variant) if one.folder.is_dir()]
    assert there
    assert {one.chart: found for one in there if (found := wrong(one))} == {}
    missing = [one.chart for one in releases_of(variant) if not one.folder.is_dir()]
    if missing:
        pytest.skip(f"the folder has no {', '.join(missing)}; the others are right")


@pytest.mark.parametrize("variant", ["cilium", "aws-vpc", "gateway"])
def test_charts_are_those_that_are_pinned(variant: str) -> None:
    look(variant, lambda one: [] if chart_version(one) == one.version else [chart_version(one), one.version])


@pytest.mark.parametrize("variant", VARIANTS)
def test_charts_know_every_value(variant: str) -> None:
    look(variant, unknown_keys)


@pytest.mark.parametrize("variant", ["cilium", "gateway"])
def test_external_dns_has_the_arguments_that_tests_run_it_with(variant: str) -> None:
    more = ("--log-level=", "--log-format=", "--interval=")

    def differences(release: Release) -> list[str]:
        if release.chart != "external-dns":
            return []
        (made,) = [one for one in rendered(release, KUBERNETES) if one["kind"] == "Deployment"]
        given: list[str] = made["spec"]["template"]["spec"]["containers"][0]["args"]
        return sorted({one for one in given if not one.startswith(more)} ^ set(arguments(release.values)))

    look(variant, differences)


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_charts_render_keeps_every_rule(variant: str) -> None:
    context = PolicyContext(mirrors=EVERY_MIRROR if _MIRRORED in VARIANTS[variant] else {})
    look(variant, lambda one: [str(problem) for problem in object_problems(rendered(one, KUBERNETES), context)])


RULES = {"hostNetwork": "host", "livenessProbe": "liveness", "readinessProbe": "readiness"}
_MEASURED = put("tripod:addOns.metrics", {"remoteWrite": {"url": "https://metrics.example.com/api/v1/push"}})


def test_every_exemption_is_needed() -> None:
    """One that nothing needs any more would hide the next to break its rule."""
    broken: set[tuple[str, str]] = set()
    for changes in ((_MEASURED,), (_MEASURED, _VPC)):
        plan = shared_plan(changed("production", *changes))
        if missing := [one.chart for one in releases(plan) if not one.folder.is_dir()]:
            pytest.skip(f"the folder has no {', '.join(missing)}")
        typed = [inputs(one) for one in plan.registrations.values() if one.type.startswith("kubernetes:")]
        objects = [*typed, *(one for release in releases(plan) for one in rendered(release, KUBERNETES))]
        for problem in object_problems([one for one in objects if "kind" in one], PolicyContext(exempt={})):
            place, what = problem.path
            broken |= {(RULES[str(what)], str(place))} if what in RULES else set()
    assert broken == {(rule, place) for rule, places in EXEMPT.items() for place in places}
