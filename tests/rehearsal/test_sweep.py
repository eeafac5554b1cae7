"""Rules that the cloud controller made in earlier releases: found, and swept where no load balancer needs them."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from support.account.rehearsed import Copy, Rehearsed
from support.faults.finding import close, group_id, let_in, subnet
from support.operations.command import tripod
from support.operations.kubernetes_made import Controllers

EVERYBODY, OFFICE = ("0.0.0.0/0",), ("203.0.113.0/24", "198.51.100.0/24")


def ingress_rules(copy: Copy, role: str) -> list[dict[str, Any]]:
    filters = [{"Name": "group-id", "Values": [group_id(copy, role)]}]
    found = copy.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    return sorted((one for one in found if not one["IsEgress"]), key=lambda one: one["SecurityGroupRuleId"])


def balanced(copy: Copy, clients: Sequence[str], place: str = "public") -> list[str]:
    """A load balancer of an earlier release, with the rules that it had; the load balancer, targets and group."""
    of_kubernetes = Controllers(copy, {f"kubernetes.io/cluster/{copy.cluster}": "owned"})
    chosen = subnet(copy, place)
    made = of_kubernetes.load_balancer("a1b2", chosen["SubnetId"], chosen["VpcId"])
    of_kubernetes.open_nodes(group_id(copy, "workers"), "a1b2", clients, [chosen["CidrBlock"]])
    return made


@pytest.mark.parametrize(("clients", "count"), [(EVERYBODY, 3), (OFFICE, 8)], ids=["everybody", "few"])
def test_its_rules_are_found_and_swept_and_no_others(local: Rehearsed, clients: Sequence[str], count: int) -> None:
    def act(copy: Copy) -> tuple[Any, ...]:
        before = ingress_rules(copy, "workers")
        made = balanced(copy, clients)
        # As a classic load balancer's: any protocol, from its group, without a description.
        permission = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": made[2]}]}
        copy.ec2.authorize_security_group_ingress(GroupId=group_id(copy, "workers"), IpPermissions=[permission])
        broken = [one.remedy for outcome in copy.verify() for one in outcome.failures]
        shown = tripod(copy, "sweep", "local")
        between = len(ingress_rules(copy, "workers"))
        swept = tripod(copy, "sweep", "local", "--yes")
        return before, broken, shown, between, swept, ingress_rules(copy, "workers"), copy.broken()

    before, broken, shown, between, swept, after, left = local.in_a_copy(act)
    assert broken == ["`tripod sweep STACK --yes`"] * (count + 1)
    assert (shown[0], between) == (0, len(before) + count + 1), shown
    assert f"{count + 1} rules of the cloud controller" in shown[1]
    assert "Nothing was changed" in shown[1]
    assert swept[0] == 0, swept
    assert after == before
    assert left == {}


def test_a_rule_that_somebody_made_stays_and_a_second_sweep_finds_nothing(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[Any, ...]:
        balanced(copy, EVERYBODY)
        let_in(copy, group_id(copy, "workers"), "203.0.113.0/24", 30443)
        told = [tripod(copy, "sweep", "local", "--yes", "--json") for _ in range(2)]
        return told, copy.broken()

    told, broken = local.in_a_copy(act)
    assert [code for code, _ in told] == [0, 0]
    assert '"removed": []' not in told[0][1]
    assert '"removed": []' in told[1][1]
    (found,) = broken["matrix"]
    assert "tcp 30443 from 203.0.113.0/24 to workers" in found


def _internal(copy: Copy) -> None:
    balanced(copy, OFFICE, "nodes")


def _closed(copy: Copy) -> None:
    balanced(copy, OFFICE)
    close(copy, group_id(copy, "workers"), 30000)


def _preserving(copy: Copy) -> None:
    targets = balanced(copy, OFFICE)[1]
    attributes = [{"Key": "preserve_client_ip.enabled", "Value": "true"}]
    copy.client("elbv2").modify_target_group_attributes(TargetGroupArn=targets, Attributes=attributes)


CUT = {
    "a load balancer in subnets that the matrix does not open": (_internal, "name its kind in network.loadBalancers"),
    "a load balancer whose rule of the matrix is not there": (_closed, "no rule of the matrix opens NodePorts"),
    "targets that get their clients' addresses": (_preserving, "preserves clients' addresses"),
}


@pytest.mark.parametrize("case", CUT)
def test_nothing_is_swept_while_a_load_balancer_would_be_cut(local: Rehearsed, case: str) -> None:
    prepare: Callable[[Copy], None]
    prepare, because = CUT[case]

    def act(copy: Copy) -> tuple[Any, ...]:
        prepare(copy)
        before = ingress_rules(copy, "workers")
        told = [tripod(copy, "sweep", "local", *options) for options in ((), ("--yes",))]
        return told, ingress_rules(copy, "workers") == before

    told, same = local.in_a_copy(act)
    assert same
    for code, said in told:
        assert code == 2, said
        assert because in said
