"""Security groups and their rules."""

from tripod.core.json_types import JsonObject
from tripod.rehearsal.handlers.context import Context, Created, Handler, ec2_arn, tagged
from tripod.rehearsal.inputs import Inputs

_EVERYTHING_OUT = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def _group(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_security_group(
        GroupName=inputs.need("name"),
        Description=inputs.need("description"),
        VpcId=inputs.need("vpcId"),
        **tagged("security-group", inputs),
    )
    # AWS opens every new group outwards; the provider closes it, and rules say what is open.
    context.ec2.revoke_security_group_egress(GroupId=made["GroupId"], IpPermissions=_EVERYTHING_OUT)
    return made["GroupId"], {"arn": ec2_arn(context, "security-group", made["GroupId"])}


def _default_group(context: Context, inputs: Inputs) -> Created:
    """Empty the group that AWS made with the VPC."""
    filters = [{"Name": "vpc-id", "Values": [inputs.need("vpcId")]}, {"Name": "group-name", "Values": ["default"]}]
    group = context.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]
    if group["IpPermissions"]:
        context.ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    if group["IpPermissionsEgress"]:
        context.ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    context.ec2.create_tags(Resources=[group["GroupId"]], Tags=inputs.tags())
    return group["GroupId"], {"arn": ec2_arn(context, "security-group", group["GroupId"])}


def _permission(inputs: Inputs) -> JsonObject:
    permission = {**inputs.given("ipProtocol", "fromPort", "toPort")}
    description = inputs.take("description", "")
    cidr, group = inputs.take("cidrIpv4"), inputs.take("referencedSecurityGroupId")
    if cidr:
        permission["IpRanges"] = [{"CidrIp": cidr, "Description": description}]
    if group:
        # The provider takes [ACCOUNT/]GROUP.
        account, _, id_ = group.rpartition("/")
        owner = {"UserId": account} if account else {}
        permission["UserIdGroupPairs"] = [{"GroupId": id_, "Description": description, **owner}]
    return permission


def _rule(operation: str) -> Handler:
    """Create a rule by EC2's operation for its direction."""

    def create(context: Context, inputs: Inputs) -> Created:
        group, permissions = inputs.need("securityGroupId"), [_permission(inputs)]
        tags = tagged("security-group-rule", inputs)
        made = getattr(context.ec2, operation)(GroupId=group, IpPermissions=permissions, **tags)
        return made["SecurityGroupRules"][0]["SecurityGroupRuleId"], {}

    return create


HANDLERS: dict[str, Handler] = {
    "aws:ec2/securityGroup:SecurityGroup": _group,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _default_group,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("authorize_security_group_ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("authorize_security_group_egress"),
}
