"""What is in the cluster's VPC and is not the cluster's: listed before and after, to prove that it is spared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tripod.core.naming import ownership_tag
from tripod.operations.delete.leftovers import is_of_kubernetes, tags_of_balancing
from tripod.operations.inventory import ClusterInventory, Described, tags_of

Listing = Mapping[str, str]
"""What it is and its name → what of it must not change."""


@dataclass(frozen=True)
class Places:
    """Where the cluster is.

    Attributes:
        own: VPCs that are the cluster's own.
        adopted: VPCs of somebody else, in which it is.
    """

    own: frozenset[str]
    adopted: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.own | self.adopted


def places(account: ClusterInventory) -> Places:
    """Where a cluster is, also where it is half destroyed."""
    own = frozenset(one["VpcId"] for one in account.owned("describe_vpcs", "Vpcs"))
    seen = {one["VpcId"] for one in account.owned("describe_security_groups", "SecurityGroups")}
    seen |= {one["VpcId"] for one in account.owned("describe_subnets", "Subnets")}
    return Places(own, frozenset(seen) - own)


def external_resources(account: ClusterInventory, vpcs: frozenset[str]) -> Listing:
    """What is in these VPCs, but for what is the cluster's, and for what AWS makes with a VPC."""
    return dict([*_groups(account, vpcs), *_balancing(account, vpcs), *_databases(account, vpcs)])


def _is_ours(account: ClusterInventory, tags: Mapping[str, str]) -> bool:
    return tags.get(ownership_tag(account.cluster)) == "owned" or is_of_kubernetes(account.cluster, tags)


def _groups(account: ClusterInventory, vpcs: frozenset[str]) -> Iterator[tuple[str, str]]:
    filters = [{"Name": "vpc-id", "Values": sorted(vpcs)}]
    found = account.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=filters) if vpcs else []
    ours = {one["GroupId"] for one in found if _is_ours(account, tags_of(one))}
    for one in found:
        if one["GroupId"] not in ours and one["GroupName"] != "default":
            yield f"security group {one['GroupId']} {one['GroupName']}", _rules(one, ours)


def _rules(group: Described, ours: set[str]) -> str:
    """A group's rules, but for those that let the cluster in: the stack's program makes and removes them."""
    said: list[str] = []
    for way in ("IpPermissions", "IpPermissionsEgress"):
        for rule in group[way]:
            peers = [one["GroupId"] for one in rule.get("UserIdGroupPairs", []) if one["GroupId"] not in ours]
            ranges = [one["CidrIp"] for one in rule.get("IpRanges", [])]
            if peers or ranges:
                said.append(f"{way} {rule['IpProtocol']} {rule.get('FromPort')} {sorted([*peers, *ranges])}")
    return "; ".join(sorted(said))


def _balancing(account: ClusterInventory, vpcs: frozenset[str]) -> Iterator[tuple[str, str]]:
    balancers = account.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    targets = account.pages("elbv2", "describe_target_groups", "TargetGroups")
    listed: list[tuple[str, str, Described]] = [
        *(("load balancer", one["LoadBalancerArn"], one) for one in balancers),
        *(("target group", one["TargetGroupArn"], one) for one in targets),
    ]
    within = [one for one in listed if one[2].get("VpcId") in vpcs]
    tags = {
        **tags_of_balancing(account, [arn for kind, arn, _ in within if kind == "load balancer"]),
        **tags_of_balancing(account, [arn for kind, arn, _ in within if kind == "target group"]),
    }
    for kind, arn, one in within:
        if not _is_ours(account, tags[arn]):
            yield f"{kind} {arn}", f"{one.get('SecurityGroups', one.get('Port'))}"


def _databases(account: ClusterInventory, vpcs: frozenset[str]) -> Iterator[tuple[str, str]]:
    for one in account.pages("rds", "describe_db_instances", "DBInstances"):
        place: dict[str, Any] = one.get("DBSubnetGroup") or {}
        if place.get("VpcId") in vpcs and not _is_ours(account, tags_of(one)):
            groups = sorted(group["VpcSecurityGroupId"] for group in one.get("VpcSecurityGroups", []))
            yield f"database {one['DBInstanceIdentifier']}", f"{one['DBInstanceStatus']} {groups}"


def differences(before: Listing, after: Listing) -> list[str]:
    """What has changed of what is not ours; empty where nothing has."""
    gone = [f"{name} is gone" for name in before if name not in after]
    changed = [f"{name} is changed" for name, seen in before.items() if name in after and after[name] != seen]
    return [*gone, *changed]
