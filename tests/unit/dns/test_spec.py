from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.operations.cutover_samples import (
    CUTOVER,
    HOST,
    NEW_ALIAS,
    NEW_SIDE,
    OLD_ALIAS,
    OLD_SIDE,
    TEST_HOST,
    cutover,
)
from support.stacks.samples import few, locations
from tripod.dns.spec import CutoverSpec, cutover_problems, excluded_names, step_problems


def where(changes: dict[str, Any]) -> list[str]:
    return locations(CutoverSpec.read({**CUTOVER, **changes})[1])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"old": OLD_ALIAS, "new": NEW_ALIAS},
        {"new": None},
        {"stage": "finished", "old": None},
        {"host": "example.com", "old": OLD_ALIAS, "new": NEW_ALIAS},
        {"testHost": "shop.test.example.org", "testZoneId": "Z9TEST"},
        {"health": {"scheme": "http", "path": "/healthz", "port": 8080, "route53": False}},
    ],
)
def test_a_sound_cutover_has_no_problem(changes: dict[str, Any]) -> None:
    assert where(changes) == []


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"name": "Shop"}, "name"),
        ({"host": "shop"}, "host"),
        ({"host": "*.example.com"}, "host"),
        ({"host": "shop.example.com."}, "host"),
        ({"host": "shop.example.org"}, "host"),
        ({"host": "notexample.com"}, "host"),
        ({"zoneId": "/hostedzone/Z1"}, "zoneId"),
        ({"testHost": HOST}, "testHost"),
        ({"testHost": "shop.test.example.org"}, "testHost"),
        ({"testZoneId": "z"}, "testZoneId"),
        ({"old": None}, "old"),
        ({"stage": "finished"}, "old"),
        ({"stage": "done"}, "stage"),
        ({"old": {"dnsName": "192.0.2.1"}}, "old.dnsName"),
        ({"old": {**OLD_ALIAS, "hostedZoneId": "elb"}, "new": NEW_ALIAS}, "old.hostedZoneId"),
        ({"new": {"dnsName": OLD_SIDE}}, "new.dnsName"),
        ({"new": NEW_ALIAS}, "new.hostedZoneId"),
        ({"old": OLD_ALIAS}, "new.hostedZoneId"),
        ({"steps": [100]}, "steps"),
        ({"holdMinutes": 0}, "holdMinutes"),
        ({"holdMinutes": 4, "loweredTtl": 300}, "holdMinutes"),
        ({"loweredTtl": 0}, "loweredTtl"),
        ({"loweredTtl": 301, "ttl": 301}, "loweredTtl"),
        ({"ttl": 59}, "ttl"),
        ({"ttl": 172_801}, "ttl"),
        ({"keepDays": 0}, "keepDays"),
        ({"keepDays": 91}, "keepDays"),
        ({"health": {"path": "healthz"}}, "health.path"),
        ({"health": {"path": "/health z"}}, "health.path"),
        ({"health": {"port": 70_000}}, "health.port"),
    ],
)
def test_what_could_not_move_is_refused_where_it_stands(changes: dict[str, Any], location: str) -> None:
    assert where(changes) == [location]


def test_a_zones_own_name_is_no_cname() -> None:
    assert where({"host": "example.com"}) == ["old.hostedZoneId", "new.hostedZoneId"]


@few
@given(st.lists(st.integers(-10, 120), max_size=6))
def test_steps_are_accepted_exactly_where_they_rise_to_all(steps: list[int]) -> None:
    sound = len(steps) >= 2 and steps == sorted(set(steps)) and steps[0] >= 1 and steps[-1] == 100
    assert (list(step_problems(steps, ("steps",))) == []) == sound


def test_by_default_a_name_moves_in_about_a_week() -> None:
    spec = CutoverSpec.load({key: value for key, value in CUTOVER.items() if key not in ("steps", "holdMinutes")})
    days = (len(spec.steps) - 1) * spec.hold_minutes / 60 / 24
    assert 5 <= days <= 8


def test_the_port_that_is_asked_is_the_schemes_unless_it_is_given() -> None:
    assert cutover().health.effective_port == 443
    assert cutover(health={"scheme": "http"}).health.effective_port == 80
    assert cutover(health={"port": 8443}).health.effective_port == 8443


def test_cutovers_share_no_name() -> None:
    other = {"name": "cart", "host": "cart.example.com", "testHost": "cart-test.example.com"}

    def among(**changes: Any) -> list[str]:
        return locations(cutover_problems([cutover(), cutover(**{**other, **changes})], ("cutovers",)))

    assert among() == []
    assert among(name="shop") == ["cutovers[0].name", "cutovers[1].name"]
    assert among(host=HOST) == ["cutovers[0].host", "cutovers[1].host"]
    assert among(testHost=HOST) == ["cutovers[0].host", "cutovers[1].testHost"]


def test_external_dns_leaves_the_names_alone_and_the_load_balancers_it_may_have() -> None:
    names = excluded_names([cutover(), cutover(host="cart.example.com", testHost="cart-test.example.com")])
    assert names == ("cart-test.example.com", "cart.example.com", TEST_HOST, HOST)
    assert not {OLD_SIDE, NEW_SIDE} & set(names)
    assert excluded_names([]) == ()
    assert excluded_names([cutover(testHost="shop.example.org", testZoneId="Z9")], ["example.com"]) == (HOST,)
