"""What charts are told is what they take, and what they render keeps to the same rules as objects of ours."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from support.charts import Release, chart_version, releases, rendered, unavailable, unknown_keys
from support.stacks import Change, changed, plan_settings, put
from tripod.addons.checks import House, object_problems
from tripod.versions import KUBERNETES
from unit.addons.facts import EVERY_MIRROR

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
    return tuple(releases(plan_settings(changed("production", *VARIANTS[variant]))))


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


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_charts_render_keeps_every_rule(variant: str) -> None:
    house = House(mirrors=EVERY_MIRROR if _MIRRORED in VARIANTS[variant] else {})
    look(variant, lambda one: [str(problem) for problem in object_problems(rendered(one, KUBERNETES), house)])
