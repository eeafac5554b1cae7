"""Rules of Kubernetes' cloud controller in the cluster's own groups: it made them before DisableSecurityGroupIngress.

With that setting it makes none and removes none, also when their Service goes (cloud-provider-aws 1.36.1,
pkg/providers/v1/aws_loadbalancer.go, updateInstanceSecurityGroupsForNLB, and aws.go,
updateInstanceSecurityGroupsForLoadBalancer: both return at once). No `up` can remove them in the right order: the
engine does not know them, and until every pod of the controller has its new configuration, it would make them again.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from tripod.operations.delete.leftovers import leftovers
from tripod.operations.errors import Refusal, RefusedError
from tripod.operations.inventory import ClusterInventory, Described
from tripod.operations.waiting import Log
from tripod.security.ports import NODE_PORTS

_DESCRIPTIONS = "kubernetes.io/rule/nlb/"
"""Prefix of its rules' descriptions: client, health and mtu (pkg/providers/v1/aws.go, NLBClientRuleDescription)."""


def is_of_controller(rule: Described, service_groups: Container[str]) -> bool:
    """True for a rule that the cloud controller made for a load balancer.

    Args:
        rule: a rule of a group of the matrix.
        service_groups: the groups of load balancers of Services: a classic one's is the source of its rule.
    """
    source = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    described = str(rule.get("Description", "")).startswith(_DESCRIPTIONS)
    return not rule["IsEgress"] and (described or source in service_groups)


@dataclass(frozen=True)
class SweepPlan:
    """The cloud controller's rules, to be removed.

    Attributes:
        rules: the rules.
        refusals: load balancers that they alone let reach the workers.
    """

    rules: tuple[Described, ...]
    refusals: tuple[Refusal, ...]


def sweep_plan(inventory: ClusterInventory) -> SweepPlan:
    """Find the cloud controller's rules, and load balancers that their removal would cut."""
    rules = tuple(one for one in inventory.group_rules if is_of_controller(one, inventory.service_groups))
    return SweepPlan(rules, (*_unreachable(inventory), *_preserving(inventory)) if rules else ())


def sweep(inventory: ClusterInventory, log: Log) -> tuple[Described, ...]:
    """Remove the cloud controller's rules, and return them.

    Raises:
        RefusedError: a load balancer would be cut; nothing was removed.
    """
    plan = sweep_plan(inventory)
    if plan.refusals:
        raise RefusedError(plan.refusals)
    for rule in plan.rules:
        log(f"removing {describe(rule)}")
        inventory.client("ec2").revoke_security_group_ingress(
            GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
        )
    return plan.rules


def describe(rule: Described) -> str:
    """A rule in a line."""
    source = rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("ReferencedGroupInfo", {}).get("GroupId")
    ports = f"{rule['IpProtocol']} {rule['FromPort']}-{rule['ToPort']}" if rule["IpProtocol"] != "-1" else "everything"
    return f"{rule['SecurityGroupRuleId']} of {rule['GroupId']}: {ports} from {source} ({rule.get('Description', '')})"


def _unreachable(inventory: ClusterInventory) -> Iterator[Refusal]:
    """Load balancers of Services in subnets from which no rule of the matrix opens NodePorts."""
    workers = inventory.groups["workers"]["GroupId"]
    opened = {
        rule.get("CidrIpv4")
        for rule in inventory.group_rules
        if rule["GroupId"] == workers and (rule["FromPort"], rule["ToPort"]) == NODE_PORTS and not rule["IsEgress"]
    }
    for balancer, subnets in _subnets(inventory).items():
        found = inventory.filtered("describe_subnets", "Subnets", "subnet-id", subnets)
        closed = sorted(one["CidrBlock"] for one in found if one["CidrBlock"] not in opened)
        if closed:
            yield Refusal(
                balancer,
                f"in {', '.join(closed)}, from which no rule of the matrix opens NodePorts",
                "name its kind in network.loadBalancers, run `pulumi up`",
            )


def _subnets(inventory: ClusterInventory) -> Mapping[str, list[str]]:
    """Load balancer of a Service → its subnets."""
    ours = {one.id for one in leftovers(inventory, "load balancer", "classic load balancer")}
    network = inventory.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    classic = inventory.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions")
    found = {one["LoadBalancerArn"]: [zone["SubnetId"] for zone in one["AvailabilityZones"]] for one in network}
    found |= {one["LoadBalancerName"]: one["Subnets"] for one in classic}
    return {name: subnets for name, subnets in found.items() if name in ours}


def _preserving(inventory: ClusterInventory) -> Iterator[Refusal]:
    """Target groups of Services whose connections come from their clients' addresses."""
    for one in leftovers(inventory, "target group"):
        found = inventory.client("elbv2").describe_target_group_attributes(TargetGroupArn=one.id)["Attributes"]
        if {"Key": "preserve_client_ip.enabled", "Value": "false"} not in found:
            yield Refusal(
                f"{one.id} of {one.of}" if one.of else one.id,
                "preserves clients' addresses, which the rules of the matrix do not let in",
                "give its Service the annotation that docs/add-ons.md names, or delete it",
            )
