import re
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripod.security import ports
from tripod.security.matrix import (
    Rule,
    RuleEnd,
    RuleOptions,
    egress_rules,
    ingress_rules,
    matrix,
    ranges_digest,
    rule_option_tags,
)

CNIS = ("cilium", "aws-vpc")
RANGES = ("10.9.0.0/16", "192.168.7.0/24", "203.0.113.0/24", "198.51.100.7/32")
NODES = {RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS}
AROUND = (21, 22, 23, 10249, 10250, 10251, 65535)

some_ranges = st.lists(st.sampled_from(RANGES), unique=True).map(tuple)
openings = st.builds(
    RuleOptions,
    cni=st.sampled_from(CNIS),
    etcd_metrics=st.booleans(),
    runner_ranges=some_ranges,
    public_ranges=some_ranges,
    outward_ports=st.lists(st.sampled_from((80, 443, 9096, 9243)), unique=True).map(tuple),
)


def opens(row: Rule, port: int) -> bool:
    if row.protocol == "tcp" and row.ports:
        first, last = row.ports
        return first <= port <= last
    return row.protocol == "-1"


def reaching(rows: Iterable[Rule], port: int) -> set[tuple[str, str]]:
    """Who may reach whom on a TCP port, by whatever row lets it in."""
    return {(str(row.source), str(row.target)) for row in rows if isinstance(row.target, RuleEnd) and opens(row, port)}


def into(pairs: set[tuple[str, str]], target: RuleEnd) -> set[str]:
    return {source for source, reached in pairs if reached == target}


@given(openings)
def test_etcd_is_reached_by_api_servers_and_members_alone(opened: RuleOptions) -> None:
    rows = matrix(opened)
    assert into(reaching(rows, 2379), RuleEnd.ETCD) == {RuleEnd.CONTROL_PLANE, RuleEnd.ETCD}
    assert into(reaching(rows, 2380), RuleEnd.ETCD) == {RuleEnd.ETCD}
    assert {row.source for row in rows if row.target is RuleEnd.ETCD} == {RuleEnd.CONTROL_PLANE, RuleEnd.ETCD}


@given(openings)
def test_no_port_of_etcd_is_open_anywhere_else(opened: RuleOptions) -> None:
    named = [row for row in matrix(opened) if row.port in (2379, 2380, 2381)]
    assert {row.target for row in named} == {RuleEnd.ETCD}


@given(openings)
def test_metrics_of_members_are_open_to_the_control_plane_where_that_was_chosen(opened: RuleOptions) -> None:
    expected = {RuleEnd.CONTROL_PLANE} if opened.etcd_metrics else set[RuleEnd]()
    assert into(reaching(matrix(opened), 2381), RuleEnd.ETCD) == expected


@given(openings)
def test_nothing_passes_between_workers_and_etcd(opened: RuleOptions) -> None:
    assert not [row for row in matrix(opened) if {row.source, row.target} == {RuleEnd.WORKERS, RuleEnd.ETCD}]


@given(openings)
def test_kubelets_are_reached_by_the_control_plane_alone(opened: RuleOptions) -> None:
    assert reaching(matrix(opened), 10250) == {(RuleEnd.CONTROL_PLANE, node) for node in NODES}


@given(openings.filter(lambda opened: opened.cni == "aws-vpc"), st.integers(1, 65535) | st.sampled_from(AROUND))
def test_pods_with_addresses_of_the_vpc_reach_one_another_on_every_port_but_ssh_and_the_kubelets(
    opened: RuleOptions, port: int
) -> None:
    assert ((RuleEnd.WORKERS, RuleEnd.WORKERS) in reaching(matrix(opened), port)) is (port not in (22, 10250))
    among = {(row.protocol, row.ports) for row in matrix(opened) if {row.source, row.target} == {RuleEnd.WORKERS}}
    assert among >= {("udp", (1, 65535)), ("icmp", None)}


@given(openings)
def test_the_api_is_reached_by_nodes_and_through_its_load_balancers(opened: RuleOptions) -> None:
    pairs = reaching(matrix(opened), 6443)
    balancers = {RuleEnd.API, RuleEnd.PUBLIC_API} if opened.public_ranges else {RuleEnd.API}
    assert into(pairs, RuleEnd.CONTROL_PLANE) == NODES | balancers
    assert into(pairs, RuleEnd.API) == NODES | set(opened.runner_ranges)
    assert into(pairs, RuleEnd.PUBLIC_API) == set(opened.public_ranges)


@given(openings)
def test_ranges_reach_the_load_balancers_and_nothing_else(opened: RuleOptions) -> None:
    outside = [row for row in ingress_rules(matrix(opened)) if not isinstance(row.source, RuleEnd)]
    assert {row.target for row in outside} <= {RuleEnd.API, RuleEnd.PUBLIC_API}
    assert {(row.protocol, row.port) for row in outside} <= {("tcp", 6443)}
    assert "0.0.0.0/0" not in {row.source for row in outside}


@given(openings)
def test_nobody_logs_in_over_ssh(opened: RuleOptions) -> None:
    assert ports.SSH not in {row.port for row in matrix(opened)}
    for_webhooks = (
        {(RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS)} if opened.cni == "aws-vpc" else set[tuple[RuleEnd, RuleEnd]]()
    )
    assert reaching(matrix(opened), ports.SSH) == for_webhooks


@given(openings)
def test_only_groups_that_there_are_have_rows(opened: RuleOptions) -> None:
    mentioned = {side for row in matrix(opened) for side in (row.source, row.target) if isinstance(side, RuleEnd)}
    assert mentioned == set(opened.groups)
    assert (RuleEnd.PUBLIC_API in mentioned) is bool(opened.public_ranges)


@given(openings)
def test_rows_of_the_same_two_groups_have_different_keys(opened: RuleOptions) -> None:
    rows = matrix(opened)
    for chosen in (list(ingress_rules(rows)), list(egress_rules(rows))):
        names = Counter((row.source, row.target, row.key) for row in chosen)
        assert set(names.values()) <= {1}


@given(openings)
def test_reasons_can_be_descriptions_of_rules_in_ec2(opened: RuleOptions) -> None:
    for row in matrix(opened):
        assert re.fullmatch(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", row.reason), row.reason


@given(openings)
def test_ports_stand_where_a_protocol_has_them(opened: RuleOptions) -> None:
    for row in matrix(opened):
        assert (row.port is None) is (row.ports is None) is (row.protocol in ("icmp", "-1"))
        assert row.last is None or (row.port is not None and row.port < row.last <= 65535)
        assert row.protocol in ("tcp", "udp", "icmp", "-1")


@given(openings)
def test_what_may_come_in_may_also_go_out(opened: RuleOptions) -> None:
    rows = matrix(opened)
    outwards = set(egress_rules(rows))
    unlimited = {row.source for row in outwards if row.protocol == "-1" and row.target == "0.0.0.0/0"}
    needed = {row for row in ingress_rules(rows) if isinstance(row.source, RuleEnd) and row.source not in unlimited}
    assert needed <= outwards


@given(openings)
def test_only_workers_may_go_anywhere(opened: RuleOptions) -> None:
    outwards = [row for row in egress_rules(matrix(opened)) if row.target == "0.0.0.0/0"]
    assert {(row.source, row.protocol, row.port) for row in outwards} == {
        (RuleEnd.WORKERS, "-1", None),
        *((group, "tcp", port) for group in (RuleEnd.ETCD, RuleEnd.CONTROL_PLANE) for port in (443, 80)),
        *((RuleEnd.CONTROL_PLANE, "tcp", port) for port in opened.outward_ports),
    }
    assert not [row for row in egress_rules(matrix(opened)) if row.source is RuleEnd.WORKERS and row not in outwards]


@pytest.mark.parametrize(
    ("row", "key", "between"),
    [
        (Rule(RuleEnd.ETCD, RuleEnd.ETCD, "tcp", 2380, "x"), "tcp-2380", (2380, 2380)),
        (Rule(RuleEnd.ETCD, RuleEnd.ETCD, "tcp", 1, "x", 10249), "tcp-1-10249", (1, 10249)),
        (Rule(RuleEnd.ETCD, RuleEnd.ETCD, "icmp", None, "x"), "icmp", None),
        (Rule(RuleEnd.ETCD, RuleEnd.ETCD, "-1", None, "x"), "all", None),
    ],
)
def test_a_rows_key_is_a_name_so_that_it_never_changes(row: Rule, key: str, between: tuple[int, int] | None) -> None:
    assert row.key == key
    assert row.ports == between


@given(some_ranges.flatmap(lambda ranges: st.tuples(st.just(ranges), st.permutations(ranges))))
def test_the_digest_of_ranges_does_not_depend_on_their_order(pair: tuple[tuple[str, ...], list[str]]) -> None:
    ranges, shuffled = pair
    assert ranges_digest(ranges) == ranges_digest([*shuffled, *shuffled])
    assert (ranges_digest(ranges) == "none") is (not ranges)


@given(openings, openings)
def test_tags_tell_one_choice_from_another(one: RuleOptions, other: RuleOptions) -> None:
    def chosen(opened: RuleOptions) -> tuple[object, ...]:
        ranges = set(opened.runner_ranges), set(opened.public_ranges)
        return opened.cni, opened.etcd_metrics, *ranges, set(opened.outward_ports)

    assert (rule_option_tags(one) == rule_option_tags(other)) is (chosen(one) == chosen(other))
    assert all(len(value) <= 256 for value in rule_option_tags(one).values())
