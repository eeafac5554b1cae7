"""Tags: whose cost everything is."""

from collections.abc import Iterator

from tripod.core.naming import OWNER_TAG_KEYS
from tripod.core.text import count_of
from tripod.operations.inventory import ClusterInventory, Described, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, promise


@promise("cost-tags", "Everything bears project, owner, environment and cluster", 40)
def cost_tags(account: ClusterInventory) -> Iterator[Finding]:
    """Of what was found by other ways than these tags: by the VPC, by the groups, by instances."""
    found = everything(account)
    for id_, described in sorted(found.items()):
        missing = [key for key in OWNER_TAG_KEYS if key not in tags_of(described)]
        if missing:
            yield Failed(id_, f"without {', '.join(missing)}", "run `pulumi up --refresh`, or tag it")
    yield Passed(f"{count_of(len(found), 'resource')}")


def everything(account: ClusterInventory) -> dict[str, Described]:
    """Id → description of what costs something or is looked for by cost."""
    found: dict[str, Described] = {}
    if account.owned("describe_vpcs", "Vpcs"):
        in_vpc = [{"Name": "vpc-id", "Values": [account.vpc_id]}]
        for operation, key, id_ in (
            ("describe_subnets", "Subnets", "SubnetId"),
            ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
            ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
        ):
            found |= {one[id_]: one for one in account.pages("ec2", operation, key, Filters=in_vpc)}
        named = [table for table in account.route_tables if not any(one.get("Main") for one in table["Associations"])]
        found |= {table["RouteTableId"]: table for table in named}
    found |= {one["InstanceId"]: one for one in account.instances}
    found |= {one["VolumeId"]: one for one in account.volumes}
    found |= {one["GroupId"]: one for one in account.groups.values()}
    found |= {one["AutoScalingGroupName"]: one for one in account.scaling_groups}
    found |= {secret["ARN"]: secret for secret in account.secrets}
    found |= _load_balancers(account)
    return found | _buckets(account)


def _load_balancers(account: ClusterInventory) -> dict[str, Described]:
    arns = [one["LoadBalancerArn"] for one in account.load_balancers]
    if not arns:
        return {}
    described = account.client("elbv2").describe_tags(ResourceArns=arns)["TagDescriptions"]
    return {one["ResourceArn"]: one for one in described}


def _buckets(account: ClusterInventory) -> dict[str, Described]:
    s3 = account.client("s3")
    return {name: s3.get_bucket_tagging(Bucket=name) for name in account.buckets}


CHECKS = (cost_tags,)
