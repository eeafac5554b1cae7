"""Resources in the cluster's VPC that are not the cluster's: listed before and after, to prove that they are spared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tripod.core.naming import ownership_tag
from tripod.operations.delete.leftovers import is_of_kubernetes, tags_of_balancing
from tripod.operations.inventory import ClusterInventory, Described, tags_of

Listing = Mapping[str, str]
"""Type and name of a resource → its attributes that must not change."""


@dataclass(frozen=True)
class Vpcs:
    """The VPCs of a cluster.

    Attributes:
        own: VPCs of the cluster's own.
        adopted: VPCs of another owner.
    """

    own: frozenset[str]
    adopted: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.own | self.adopted


def cluster_vpcs(inventory: ClusterInventory) -> Vpcs:
    """The VPCs of a cluster, even one that is partly destroyed."""
    own = frozenset(one["VpcId"] for one in inventory.owned("describe_vpcs", "Vpcs"))
    all_vpcs = {one["VpcId"] for one in inventory.owned("describe_security_groups", "SecurityGroups")}
    all_vpcs |= {one["VpcId"] for one in inventory.owned("describe_subnets", "Subnets")}
    return Vpcs(own, frozenset(all_vpcs) - own)


def external_resources(inventory: ClusterInventory, vpcs: frozenset[str]) -> Listing:
    """Resources in these VPCs, except the cluster's and those that AWS makes with a VPC."""
    return dict([*_groups(inventory, vpcs), *_balancing(inventory, vpcs), *_databases(inventory, vpcs)])


def _is_ours(inventory: ClusterInventory, tags: Mapping[str, str]) -> bool:
    return tags.get(ownership_tag(inventory.cluster)) == "owned" or is_of_kubernetes(inventory.cluster, tags)


def _groups(inventory: ClusterInventory, vpcs: frozenset[str]) -> Iterator[tuple[str, str]]:
    found = inventory.filtered("describe_security_groups", "SecurityGroups", "vpc-id", vpcs) if vpcs else []
    ours = {one["GroupId"] for one in found if _is_ours(inventory, tags_of(one))}
    for one in found:
        if one["GroupId"] not in ours and one["GroupName"] != "default":
            yield f"security group {one['GroupId']} {one['GroupName']}", _rules(one, ours)


def _rules(group: Described, ours: set[str]) -> str:
    """A group's rules, except those that admit the cluster: the stack's program makes and removes them."""
    said: list[str] = []
    for way in ("IpPermissions", "IpPermissionsEgress"):
        for rule in group[way]:
            peers = [one["GroupId"] for one in rule.get("UserIdGroupPairs", []) if one["GroupId"] not in ours]
            ranges = [one["CidrIp"] for one in rule.get("IpRanges", [])]
            if peers or ranges:
                said.append(f"{way} {rule['IpProtocol']} {rule.get('FromPort')} {sorted([*peers, *ranges])}")
    return "; ".join(sorted(said))


def _balancing(inventory: ClusterInventory, vpcs: frozenset[str]) -> Iterator[tuple[str, str]]:
    balancers = inventory.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    targets = inventory.pages("elbv2", "describe_target_groups", "TargetGroups")
    listed: list[tuple[str, str, Described]] = [
        *(("load balancer", one["LoadBalancerArn"], one) for one in balancers),
        *(("target group", one["TargetGroupArn"], one) for one in targets),
    ]
    within = [one for one in listed if one[2].get("VpcId") in vpcs]
    tags = {
        **tags_of_balancing(inventory, [arn for kind, arn, _ in within if kind == "load balancer"]),
        **tags_of_balancing(inventory, [arn for kind, arn, _ in within if kind == "target group"]),
    }
    for kind, arn, one in within:
        if not _is_ours(inventory, tags[arn]):
            yield f"{kind} {arn}", f"{one.get('SecurityGroups', one.get('Port'))}"


def _databases(inventory: ClusterInventory, vpcs: frozenset[str]) -> Iterator[tuple[str, str]]:
    for one in inventory.pages("rds", "describe_db_instances", "DBInstances"):
        place: Described = one.get("DBSubnetGroup") or {}
        if place.get("VpcId") in vpcs and not _is_ours(inventory, tags_of(one)):
            groups = sorted(group["VpcSecurityGroupId"] for group in one.get("VpcSecurityGroups", []))
            yield f"database {one['DBInstanceIdentifier']}", f"{one['DBInstanceStatus']} {groups}"


def differences(before: Listing, after: Listing) -> list[str]:
    """Changes of resources that are not ours; empty if there are none."""
    gone = [f"{name} is gone" for name in before if name not in after]
    changed = [f"{name} is changed" for name, all_vpcs in before.items() if name in after and after[name] != all_vpcs]
    return [*gone, *changed]
