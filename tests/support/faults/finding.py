"""Resources for faults, found in a copy of a rehearsed account."""

from typing import Any

from support.account.rehearsed import Copy


def of_role(role: str) -> list[dict[str, Any]]:
    """A filter of what EC2 describes."""
    return [{"Name": "tag:tripod:role", "Values": [role]}]


def group_id(copy: Copy, role: str) -> str:
    filters = [*of_role(role), {"Name": "tag:cluster", "Values": [copy.cluster]}]
    return copy.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]


def instance(copy: Copy, role: str) -> Any:
    return copy.ec2.describe_instances(Filters=of_role(role))["Reservations"][0]["Instances"][0]


def subnet(copy: Copy, role: str, index: int = 0) -> Any:
    found = copy.ec2.describe_subnets(Filters=of_role(role))["Subnets"]
    return sorted(found, key=lambda one: one["CidrBlock"])[index]


def vpc_id(copy: Copy) -> str:
    return subnet(copy, "nodes")["VpcId"]


def peering(copy: Copy) -> Any:
    return copy.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"][0]


def route_table(copy: Copy, role: str) -> str:
    return copy.ec2.describe_route_tables(Filters=of_role(role))["RouteTables"][0]["RouteTableId"]


def bucket(copy: Copy, purpose: str) -> str:
    names = [one["Name"] for one in copy.client("s3").list_buckets()["Buckets"]]
    return next(name for name in names if name.endswith(f"-{purpose}"))


def target_group(copy: Copy) -> str:
    return copy.client("elbv2").describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]


def load_balancer(copy: Copy) -> str:
    return copy.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]


def data_volume(copy: Copy) -> Any:
    filters = [{"Name": "tag:tripod:member", "Values": ["0-0"]}]
    return copy.ec2.describe_volumes(Filters=filters)["Volumes"][0]


def scaling(copy: Copy) -> Any:
    return copy.client("autoscaling")


def name(copy: Copy, rest: str) -> str:
    return f"{copy.cluster}-{rest}"


def update_group(copy: Copy, rest: str, **changes: Any) -> None:
    scaling(copy).update_auto_scaling_group(AutoScalingGroupName=name(copy, rest), **changes)


def let_in(copy: Copy, group: str, source: str, first: int, last: int | None = None) -> None:
    """Open ports of a security group to another one or to a range."""
    peer = (
        {"UserIdGroupPairs": [{"GroupId": source}]} if source.startswith("sg-") else {"IpRanges": [{"CidrIp": source}]}
    )
    rule = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last or first, **peer}
    copy.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def close(copy: Copy, group: str, port: int) -> None:
    """Close a port of a security group to everything."""
    filters = [{"Name": "group-id", "Values": [group]}]
    for rule in copy.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]:
        if not rule["IsEgress"] and rule["FromPort"] == port:
            copy.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])


def retemplate(copy: Copy, group: str, change: dict[str, Any]) -> None:
    """Give a group a new version of its template, changed."""
    found = scaling(copy).describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]
    template = found["LaunchTemplate"]["LaunchTemplateId"]
    versions = copy.ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
    data = {**versions[0]["LaunchTemplateData"], **change}
    made = copy.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
    version = str(made["LaunchTemplateVersion"]["VersionNumber"])
    scaling(copy).update_auto_scaling_group(
        AutoScalingGroupName=group, LaunchTemplate={"LaunchTemplateId": template, "Version": version}
    )


def plain_tags(copy: Copy) -> list[dict[str, str]]:
    return [{"Key": key, "Value": copy.cluster} for key in ("cluster", "project", "owner", "environment")]
