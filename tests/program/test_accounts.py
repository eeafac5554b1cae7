"""Values of two accounts that must fit: a peer's rule, as terraform-provider-aws 5.100 reads and writes it."""

from typing import Any

import pytest

from support.stacks.planned import changed, inputs, of_type, put, settings_of, shared_plan
from tripod.rehearsal.plan_backend import ACCOUNT

PEER: dict[str, Any] = {
    "name": "shared",
    "cidr": "10.99.0.0/16",
    "vpcId": "vpc-0123456789abcdef0",
    "routeTables": ["rtb-0123456789abcdef0"],
    "databases": [
        {
            "name": "orders",
            "endpoint": "orders.abc.us-west-2.rds.amazonaws.com",
            "securityGroup": "sg-0123456789abcdef0",
            "zones": ["us-west-2a", "us-west-2b"],
        }
    ],
}


def _flattened(owner: str, group: str, account: str) -> str:
    """What flattenReferencedSecurityGroup (internal/service/ec2) reads back by a provider of an account."""
    return group if owner == account else f"{owner}/{group}"


@pytest.mark.parametrize("account", [None, ACCOUNT, "210987654321"], ids=["none", "the same", "another"])
def test_a_peers_rule_names_the_workers_as_the_provider_of_its_account_reads_them_back(account: str | None) -> None:
    more = {"accountId": account, "roleArn": f"arn:aws:iam::{account}:role/peer"} if account else {}
    recording = shared_plan(changed("staging", put("tripod:peers", [{**PEER, **more}])))
    rules = of_type(recording, "vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    (rule,) = [inputs(one) for one in rules if inputs(one)["securityGroupId"] == PEER["databases"][0]["securityGroup"]]
    given = rule["referencedSecurityGroupId"]
    group = given.rpartition("/")[2]
    assert group.startswith("sg-")
    assert given == _flattened(ACCOUNT, group, account or ACCOUNT)


def test_a_members_address_is_reserved_before_its_interface_is_made() -> None:
    recording = shared_plan(settings_of("staging"))
    reservations = {one.urn for one in of_type(recording, "ec2/subnetCidrReservation:SubnetCidrReservation")}
    members = [
        one
        for one in of_type(recording, "ec2/networkInterface:NetworkInterface")
        if one.name.startswith("cluster-etcd-")
    ]
    assert len(members) == 3
    for one in members:
        assert reservations <= {str(urn) for urn in one.dependencies}
