from typing import Any

import pytest

from tripod.operations.verify.perimeter import opens_ssh
from tripod.security.matrix import RuleOptions, ingress_rules, matrix


def rule(protocol: str, ports: tuple[int, int] | None) -> dict[str, Any]:
    first, last = ports or (-1, -1)
    return {"IsEgress": False, "IpProtocol": protocol, "FromPort": first, "ToPort": last}


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (22, 22, True),
        (22, 23, True),
        (1, 22, True),
        (0, 65535, True),
        (23, 65535, False),
        (1, 21, False),
        (10250, 10250, False),
    ],
)
def test_a_rule_opens_ssh_if_its_ports_hold_it(first: int, last: int, expected: bool) -> None:
    found = rule("tcp", (first, last))
    assert opens_ssh(found) is expected
    assert opens_ssh({**found, "IsEgress": True}) is False
    assert opens_ssh({**found, "IpProtocol": "udp"}) is False


@pytest.mark.parametrize("cni", ["cilium", "aws-vpc"])
def test_no_rule_of_the_matrix_is_taken_for_one_that_opens_ssh(cni: str) -> None:
    rules = ingress_rules(matrix(RuleOptions(cni=cni)))
    assert not [one for one in rules if opens_ssh(rule(one.protocol, one.ports))]
