"""A change of the stack file: what the engine would do, and that nothing which holds data or serves is touched."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from support.engine import EngineStack, Plan
from support.stacks.planned import Change, put
from tripod.cli.output.review import read_preview


@dataclass(frozen=True)
class Growth:
    """A change that only adds.

    Attributes:
        change: the change.
        created: what the names of everything match that it creates; None where it creates nothing.
        updated: name of what it updates in place → a property for which.
    """

    change: Change
    created: str | None = None
    updated: Mapping[str, str] = field(default_factory=dict[str, str])


def _another_group(config: dict[str, Any]) -> None:
    config["tripod:workers"].append({"name": "batch", "instanceTypes": ["c7g.large"], "maxPerZone": 5})


def _another_peer(config: dict[str, Any]) -> None:
    example = {"zones": ["us-west-2a", "us-west-2b"]}
    config["tripod:peers"].append({"name": "reports", "cidr": "10.99.0.0/24", "example": example})


GROWTHS = {
    "more workers in each zone": Growth(
        put("tripod:workers.0.maxPerZone", 5),
        updated={f"cluster-workers-general-group-{slot}": "maxSize" for slot in range(3)},
    ),
    "another group of workers": Growth(_another_group, created="cluster-(payload-)?workers-batch(-.*)?"),
    "another peer": Growth(_another_peer, created="(database|peer)-reports-.*"),
}


@pytest.mark.parametrize("growth", GROWTHS)
def test_growth_creates_and_touches_only_what_it_must(local: EngineStack, growth: str) -> None:
    expected = GROWTHS[growth]
    with local.changed(expected.change):
        plan = local.preview()
    changes = plan.changes()
    created, updated = changes.pop("create", set()), changes.pop("update", set())
    assert changes == {}
    assert bool(created) == (expected.created is not None)
    assert [name for name in created if not re.fullmatch(expected.created or "", name)] == []
    assert updated == expected.updated.keys()
    assert {name for name, why in expected.updated.items() if why not in plan.reasons()[name]} == set()


def _without_a_zone(config: dict[str, Any]) -> None:
    del config["tripod:network"]["zones"]["us-west-2c"]
    config["tripod:cluster"]["ha"] = "node"


@pytest.fixture(scope="module")
def shrunk(local: EngineStack) -> Plan:
    """Preview of a cluster that is to leave a zone."""
    with local.changed(_without_a_zone):
        return local.preview()


def test_a_review_names_what_the_engine_would_take_away(shrunk: Plan) -> None:
    review = read_preview(shrunk.digest)
    lost = {step.name for step in review.lost()}
    assert {"cluster-network-nodes-2", "cluster-control-plane-group-2", "cluster-workers-general-group-2"} <= lost
    # A load balancer cannot lose a subnet.
    assert "cluster-api-internal" in {step.name for step in review.of("replaced")} & lost


def test_a_review_counts_what_stays_as_it_is(shrunk: Plan) -> None:
    assert read_preview(shrunk.digest).unchanged == shrunk.summary["same"]


def test_a_preview_shows_no_secret(shrunk: Plan) -> None:
    assert "PRIVATE KEY" not in json.dumps(shrunk.digest)


def test_a_refused_configuration_is_explained_by_the_engine_without_a_traceback(local: EngineStack) -> None:
    with local.changed(put("tripod:etcd", {"members": 4}), put("tripod:workers.0.maxPerZone", 0)):
        done = local.pulumi_may_fail("preview")
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "tripod:etcd.members" in output
    assert "tripod:workers[0].maxPerZone" in output
    assert "Traceback" not in output
