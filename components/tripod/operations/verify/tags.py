"""Cost-allocation tags."""

from collections.abc import Iterator

from tripod.core.naming import OWNER_TAG_KEYS
from tripod.core.text import count_of
from tripod.operations.inventory import ClusterInventory, Described, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, check


@check("cost-tags", "Everything bears project, owner, environment and cluster", 40)
def cost_tags(inventory: ClusterInventory) -> Iterator[Finding]:
    """Of resources found by other means than these tags: by VPC, by group, by instance."""
    found = everything(inventory)
    for id_, described in sorted(found.items()):
        missing = [key for key in OWNER_TAG_KEYS if key not in tags_of(described)]
        if missing:
            yield Failed(id_, f"without {', '.join(missing)}", "run `pulumi up --refresh`, or tag it")
    yield Passed(f"{count_of(len(found), 'resource')}")


def everything(inventory: ClusterInventory) -> dict[str, Described]:
    """Id → description of resources with costs."""
    found: dict[str, Described] = {}
    if inventory.owned("describe_vpcs", "Vpcs"):
        for operation, key, id_ in (
            ("describe_subnets", "Subnets", "SubnetId"),
            ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
            ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
        ):
            found |= {one[id_]: one for one in inventory.filtered(operation, key, "vpc-id", [inventory.vpc_id])}
        named = [table for table in inventory.route_tables if not any(one.get("Main") for one in table["Associations"])]
        found |= {table["RouteTableId"]: table for table in named}
    found |= {one["InstanceId"]: one for one in inventory.instances}
    found |= {one["VolumeId"]: one for one in inventory.volumes}
    found |= {one["GroupId"]: one for one in inventory.groups.values()}
    found |= {one["AutoScalingGroupName"]: one for one in inventory.scaling_groups}
    found |= {secret["ARN"]: secret for secret in inventory.secrets}
    found |= _load_balancers(inventory)
    return found | _buckets(inventory)


def _load_balancers(inventory: ClusterInventory) -> dict[str, Described]:
    arns = [one["LoadBalancerArn"] for one in inventory.load_balancers]
    if not arns:
        return {}
    described = inventory.client("elbv2").describe_tags(ResourceArns=arns)["TagDescriptions"]
    return {one["ResourceArn"]: one for one in described}


def _buckets(inventory: ClusterInventory) -> dict[str, Described]:
    s3 = inventory.client("s3")
    return {name: s3.get_bucket_tagging(Bucket=name) for name in inventory.buckets}


CHECKS = (cost_tags,)
