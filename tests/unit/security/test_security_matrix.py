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
BALANCED = ("10.20.128.0/20", "10.20.144.0/20", "10.20.0.0/19")
NODES = {RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS}
AROUND = (21, 22, 23, 10249, 10250, 10251, 65535)

some_ranges = st.lists(st.sampled_from(RANGES), unique=True).map(tuple)
rule_options = st.builds(
    RuleOptions,
    cni=st.sampled_from(CNIS),
    etcd_metrics=st.booleans(),
    runner_ranges=some_ranges,
    public_ranges=some_ranges,
    egress_ports=st.lists(st.sampled_from((80, 443, 9096, 9243)), unique=True).map(tuple),
    load_balancers=st.lists(st.sampled_from(("public", "internal")), unique=True).map(tuple),
    load_balancer_ranges=st.lists(st.sampled_from(BALANCED), unique=True).map(tuple),
)


def opens(rule: Rule, port: int) -> bool:
    if rule.protocol == "tcp" and rule.ports:
        first, last = rule.ports
        return first <= port <= last
    return rule.protocol == "-1"


def reaching(rules: Iterable[Rule], port: int) -> set[tuple[str, str]]:
    """Pairs of source and target that some rule connects on a TCP port."""
    return {
        (str(rule.source), str(rule.target)) for rule in rules if isinstance(rule.target, RuleEnd) and opens(rule, port)
    }


def into(pairs: set[tuple[str, str]], target: RuleEnd) -> set[str]:
    return {source for source, reached in pairs if reached == target}


@given(rule_options)
def test_etcd_is_reached_by_api_servers_and_members_alone_and_opens_no_port_elsewhere(
    options: RuleOptions,
) -> None:
    rules = matrix(options)
    assert into(reaching(rules, 2379), RuleEnd.ETCD) == {RuleEnd.CONTROL_PLANE, RuleEnd.ETCD}
    assert into(reaching(rules, 2380), RuleEnd.ETCD) == {RuleEnd.ETCD}
    assert {rule.source for rule in rules if rule.target is RuleEnd.ETCD} == {RuleEnd.CONTROL_PLANE, RuleEnd.ETCD}
    assert {rule.target for rule in rules if rule.port in (2379, 2380, 2381)} == {RuleEnd.ETCD}
    assert not [rule for rule in rules if {rule.source, rule.target} == {RuleEnd.WORKERS, RuleEnd.ETCD}]


@given(rule_options)
def test_metrics_of_members_are_open_to_the_control_plane_where_that_was_chosen(options: RuleOptions) -> None:
    expected = {RuleEnd.CONTROL_PLANE} if options.etcd_metrics else set[RuleEnd]()
    assert into(reaching(matrix(options), 2381), RuleEnd.ETCD) == expected


@given(rule_options)
def test_kubelets_are_reached_by_the_control_plane_alone(options: RuleOptions) -> None:
    assert reaching(matrix(options), 10250) == {(RuleEnd.CONTROL_PLANE, node) for node in NODES}


@given(rule_options.filter(lambda options: options.cni == "aws-vpc"), st.integers(1, 65535) | st.sampled_from(AROUND))
def test_pods_with_addresses_of_the_vpc_reach_one_another_on_every_port_but_ssh_and_the_kubelets(
    options: RuleOptions, port: int
) -> None:
    assert ((RuleEnd.WORKERS, RuleEnd.WORKERS) in reaching(matrix(options), port)) is (port not in (22, 10250))
    among = {(rule.protocol, rule.ports) for rule in matrix(options) if {rule.source, rule.target} == {RuleEnd.WORKERS}}
    assert among >= {("udp", (1, 65535)), ("icmp", None)}


@given(rule_options)
def test_the_api_is_reached_by_nodes_and_through_its_load_balancers(options: RuleOptions) -> None:
    pairs = reaching(matrix(options), 6443)
    balancers = {RuleEnd.API, RuleEnd.PUBLIC_API} if options.public_ranges else {RuleEnd.API}
    assert into(pairs, RuleEnd.CONTROL_PLANE) == NODES | balancers
    assert into(pairs, RuleEnd.API) == NODES | set(options.runner_ranges)
    assert into(pairs, RuleEnd.PUBLIC_API) == set(options.public_ranges)


@given(rule_options)
def test_ranges_reach_the_apis_load_balancers_and_those_of_load_balancers_the_workers(options: RuleOptions) -> None:
    outside = [rule for rule in ingress_rules(matrix(options)) if not isinstance(rule.source, RuleEnd)]
    into_api = [rule for rule in outside if rule.target in (RuleEnd.API, RuleEnd.PUBLIC_API)]
    assert {(rule.protocol, rule.port) for rule in into_api} <= {("tcp", 6443)}
    assert "0.0.0.0/0" not in {rule.source for rule in outside}
    assert {(rule.source, rule.target, rule.protocol, rule.ports) for rule in outside if rule not in into_api} == {
        (range_, RuleEnd.WORKERS, protocol, ports)
        for range_ in options.load_balancer_ranges
        for protocol, ports in (("tcp", (30000, 32767)), ("icmp", (3, 4)))
    }


@given(rule_options)
def test_nobody_logs_in_over_ssh(options: RuleOptions) -> None:
    assert ports.SSH not in {rule.port for rule in matrix(options)}
    for_webhooks = [(RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS)] if options.cni == "aws-vpc" else []
    assert reaching(matrix(options), ports.SSH) == set(for_webhooks)


@given(rule_options)
def test_only_existing_groups_have_rules(options: RuleOptions) -> None:
    mentioned = {side for rule in matrix(options) for side in (rule.source, rule.target) if isinstance(side, RuleEnd)}
    assert mentioned == set(options.groups)
    assert (RuleEnd.PUBLIC_API in mentioned) is bool(options.public_ranges)


@given(rule_options)
def test_rules_of_the_same_two_groups_have_different_keys(options: RuleOptions) -> None:
    rules = matrix(options)
    for chosen in (list(ingress_rules(rules)), list(egress_rules(rules))):
        names = Counter((rule.source, rule.target, rule.key) for rule in chosen)
        assert set(names.values()) <= {1}


@given(rule_options)
def test_reasons_can_be_descriptions_of_rules_in_ec2(options: RuleOptions) -> None:
    for rule in matrix(options):
        assert re.fullmatch(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", rule.reason), rule.reason


@given(rule_options)
def test_ports_stand_where_a_protocol_has_them(options: RuleOptions) -> None:
    for rule in matrix(options):
        assert (rule.port is None) is (rule.ports is None)
        assert rule.port is not None or rule.protocol in ("icmp", "-1")
        assert rule.port is None or rule.protocol != "-1"
        assert rule.last is None or (rule.port is not None and rule.port < rule.last <= 65535)
        assert rule.protocol in ("tcp", "udp", "icmp", "-1")


@given(rule_options)
def test_what_may_come_in_may_also_go_out(options: RuleOptions) -> None:
    rules = matrix(options)
    egress = set(egress_rules(rules))
    unlimited = {rule.source for rule in egress if rule.protocol == "-1" and rule.target == "0.0.0.0/0"}
    needed = {
        rule for rule in ingress_rules(rules) if isinstance(rule.source, RuleEnd) and rule.source not in unlimited
    }
    assert needed <= egress


@given(rule_options)
def test_only_workers_may_go_anywhere(options: RuleOptions) -> None:
    egress = [rule for rule in egress_rules(matrix(options)) if rule.target == "0.0.0.0/0"]
    assert {(rule.source, rule.protocol, rule.port) for rule in egress} == {
        (RuleEnd.WORKERS, "-1", None),
        *((group, "tcp", port) for group in (RuleEnd.ETCD, RuleEnd.CONTROL_PLANE) for port in (443, 80)),
        *((RuleEnd.CONTROL_PLANE, "tcp", port) for port in options.egress_ports),
    }
    assert not [rule for rule in egress_rules(matrix(options)) if rule.source is RuleEnd.WORKERS and rule not in egress]


@pytest.mark.parametrize(
    ("rule", "key", "between"),
    [
        (Rule(RuleEnd.ETCD, RuleEnd.ETCD, "tcp", 2380, "x"), "tcp-2380", (2380, 2380)),
        (Rule(RuleEnd.ETCD, RuleEnd.ETCD, "tcp", 1, "x", 10249), "tcp-1-10249", (1, 10249)),
        (Rule(RuleEnd.ETCD, RuleEnd.ETCD, "icmp", None, "x"), "icmp", None),
        (Rule(RuleEnd.ETCD, RuleEnd.ETCD, "-1", None, "x"), "all", None),
    ],
)
def test_a_rules_key_depends_on_protocol_and_ports_alone(rule: Rule, key: str, between: tuple[int, int] | None) -> None:
    assert rule.key == key
    assert rule.ports == between


@given(some_ranges.flatmap(lambda ranges: st.tuples(st.just(ranges), st.permutations(ranges))))
def test_the_digest_of_ranges_does_not_depend_on_their_order(pair: tuple[tuple[str, ...], list[str]]) -> None:
    ranges, shuffled = pair
    assert ranges_digest(ranges) == ranges_digest([*shuffled, *shuffled])
    assert (ranges_digest(ranges) == "none") is (not ranges)


@given(rule_options, rule_options)
def test_tags_tell_one_choice_from_another(one: RuleOptions, other: RuleOptions) -> None:
    def chosen(options: RuleOptions) -> tuple[object, ...]:
        ranges = set(options.runner_ranges), set(options.public_ranges), set(options.load_balancers)
        return options.cni, options.etcd_metrics, *ranges, set(options.egress_ports)

    assert (rule_option_tags(one) == rule_option_tags(other)) is (chosen(one) == chosen(other))
    assert all(len(value) <= 256 for value in rule_option_tags(one).values())
