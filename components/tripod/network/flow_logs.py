"""Flow logs of the VPC in CloudWatch Logs."""

import json

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory
from tripod.core.iam_documents import Statement, policy_document, service_trust


def make_flow_logs(
    children: ChildFactory,
    vpc_id: pulumi.Input[str],
    region: str,
    retention_days: int,
    account_id: pulumi.Input[str],
    key_arn: pulumi.Input[str] | None,
) -> None:
    """Record all traffic of a VPC in CloudWatch Logs.

    Args:
        children: names, parents and tags of the resources.
        vpc_id: the VPC.
        region: its region; it is part of the delivery role's name, which is the account's.
        retention_days: their retention in days.
        account_id: the account, to which the delivery role's trust is limited.
        key_arn: the KMS key that encrypts them; by default CloudWatch's own.
    """
    group = aws.cloudwatch.LogGroup(
        children.logical_name("flow-log-group"),
        name=f"/tripod/{children.cluster}/flow-logs",
        retention_in_days=retention_days,
        kms_key_id=key_arn,
        tags=children.tags("flow-logs", role="network"),
        opts=children.opts(),
    )
    role = _make_delivery_role(children, region, account_id, group)
    aws.ec2.FlowLog(
        children.logical_name("flow-log"),
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=60,
        tags=children.tags("flow-logs", role="network"),
        opts=children.opts(),
    )


def _make_delivery_role(
    children: ChildFactory, region: str, account_id: pulumi.Input[str], group: aws.cloudwatch.LogGroup
) -> aws.iam.Role:
    role = aws.iam.Role(
        children.logical_name("flow-log-role"),
        name=children.physical_name(region, "flow-logs", limit=64),
        assume_role_policy=pulumi.Output.from_input(account_id).apply(
            lambda account: json.dumps(service_trust("vpc-flow-logs.amazonaws.com", account))
        ),
        tags=children.tags("flow-logs", role="network"),
        opts=children.opts(),
    )
    aws.iam.RolePolicy(
        children.logical_name("flow-log-delivery"),
        name="delivery",
        role=role.id,
        policy=group.arn.apply(lambda arn: json.dumps(flow_log_policy(arn))),
        opts=children.opts(),
    )
    return role


def flow_log_policy(group_arn: str) -> dict[str, object]:
    """The policy of the delivery of flow logs: write to one log group."""
    group = group_arn.removesuffix(":*")
    return policy_document(
        Statement(
            "Deliver",
            ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
            (group, f"{group}:log-stream:*"),
        )
    )
