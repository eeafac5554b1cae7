"""Load balancers of Services, of either kind: nodes let their subnets in, and no other ranges."""

from typing import Any

import pytest

from support.stacks.charts import releases
from support.stacks.planned import changed, inputs, objects_of, of_type, put, shared_plan
from tripod.rehearsal.program import Recording

ROLES = {"public": "kubernetes.io/role/elb", "internal": "kubernetes.io/role/internal-elb"}
"""Kind of a load balancer → the tag by which the cloud controller prefers subnets (findELBSubnets of its aws.go)."""

ATTRIBUTES = "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes"

CHOICES: dict[str, tuple[dict[str, Any], list[str] | None, set[str]]] = {
    "a public ingress": ({"internal": False}, None, {"public"}),
    "an internal ingress": ({"internal": True}, None, {"internal"}),
    "an internal gateway": ({"internal": True, "kind": "gateway"}, None, {"internal"}),
    "both, as chosen": ({"internal": False}, ["public", "internal"], {"public", "internal"}),
}
"""Settings of the ingress, network.loadBalancers, and the kinds that nodes let in."""


def plan_of(ingress: dict[str, Any], chosen: list[str] | None, *more: Any) -> Recording:
    kinds = [put("tripod:network.loadBalancers", chosen)] if chosen is not None else []
    return shared_plan(changed("production", put("tripod:addOns.ingress", ingress), *kinds, *more))


def ranges_let_in(plan: Recording) -> dict[tuple[str, int, int], set[str]]:
    """Protocol and ports → the ranges from which rules let connections in to the workers."""
    found: dict[tuple[str, int, int], set[str]] = {}
    for one in of_type(plan, "vpc/securityGroupIngressRule:SecurityGroupIngressRule"):
        rule = inputs(one)
        if "-workers-from-" in one.name and "cidrIpv4" in rule:
            key = (rule["ipProtocol"], rule["fromPort"], rule["toPort"])
            found.setdefault(key, set()).add(rule["cidrIpv4"])
    return found


def subnets_of(plan: Recording, kinds: set[str]) -> set[str]:
    """The ranges of the subnets that the cloud controller takes for load balancers of some kinds."""
    found = map(inputs, of_type(plan, "ec2/subnet:Subnet"))
    return {one["cidrBlock"] for one in found for kind in kinds if one["tags"].get(ROLES[kind]) == "1"}


@pytest.mark.parametrize("choice", CHOICES)
def test_nodes_let_in_the_subnets_of_load_balancers(choice: str) -> None:
    ingress, chosen, kinds = CHOICES[choice]
    plan = plan_of(ingress, chosen)
    subnets = subnets_of(plan, kinds)
    assert len(subnets) == 3 * len(kinds)
    assert ranges_let_in(plan) == {("tcp", 30000, 32767): subnets, ("icmp", 3, 4): subnets}


def test_without_an_ingress_nodes_let_no_range_in_but_as_chosen() -> None:
    without = put("tripod:addOns.without", ["ingress"])
    assert ranges_let_in(plan_of({}, None, without)) == {}
    chosen = plan_of({}, ["internal"], without)
    assert set(ranges_let_in(chosen)["tcp", 30000, 32767]) == subnets_of(chosen, {"internal"})


@pytest.mark.parametrize("choice", CHOICES)
def test_the_service_of_the_ingress_has_no_addresses_of_its_clients(choice: str) -> None:
    """The Service of a gateway gets the annotations of its infrastructure (Cilium, gateway-api/translator.go)."""
    ingress, chosen, kinds = CHOICES[choice]
    plan = plan_of(ingress, chosen)
    if ingress.get("kind") == "gateway":
        (made,) = [one for one in objects_of(plan) if one["kind"] == "Gateway"]
        annotations = made["spec"]["infrastructure"]["annotations"]
    else:
        (release,) = [one for one in releases(plan) if one.chart == "ingress-nginx"]
        annotations = release.values["controller"]["service"]["annotations"]
    assert "preserve_client_ip.enabled=false" in annotations[ATTRIBUTES].split(",")
    internal = annotations["service.beta.kubernetes.io/aws-load-balancer-internal"]
    assert {"true": "internal", "false": "public"}[internal] in kinds


def test_the_cloud_controller_opens_nothing_itself() -> None:
    (config,) = [one for one in objects_of(plan_of({}, None)) if "cloud.conf" in one.get("data", {})]
    assert "DisableSecurityGroupIngress=true" in config["data"]["cloud.conf"].splitlines()
