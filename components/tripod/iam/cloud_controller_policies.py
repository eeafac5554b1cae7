"""The IAM policy of AWS' cloud controller, which runs on control-plane nodes: manage load balancers of Services.

Reads cannot be limited to resources. What it creates must have the cluster's tag from the start, and what it changes
must have it already (kops' tightened policy, and docs/prerequisites.md of kubernetes/cloud-provider-aws). What the
cluster's own program made has that tag too, and a role besides: the controller changes none of it.
"""

from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.core.naming import ROLE_TAG, ownership_tag

_READS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeTags",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTopology",
    "ec2:DescribeInstances",
    "ec2:DescribeRegions",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)

_CHANGES = (
    "elasticloadbalancing:DeleteListener",
    "elasticloadbalancing:DeleteLoadBalancer",
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyLoadBalancerAttributes",
    "elasticloadbalancing:ModifyTargetGroup",
    "elasticloadbalancing:ModifyTargetGroupAttributes",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:SetSecurityGroups",
    "elasticloadbalancing:SetSubnets",
)

_CREATIONS = (
    "elasticloadbalancing:AddTags",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:CreateLoadBalancer",
    "elasticloadbalancing:CreateTargetGroup",
)


def cloud_controller_policy(partition: str, region: str, account_id: str, cluster: str) -> Document:
    """Build the controller's policy, limited to resources with the cluster's tag."""

    def arn(kind: str, resource: str) -> str:
        return f"arn:{partition}:{kind}:{region}:{account_id}:{resource}"

    service = "elasticloadbalancing.amazonaws.com"
    linked_role = (
        f"arn:{partition}:iam::{account_id}:role/aws-service-role/{service}/AWSServiceRoleForElasticLoadBalancing"
    )
    tag = ownership_tag(cluster)
    owned = {"StringEquals": {f"aws:ResourceTag/{tag}": "owned"}, "Null": {f"aws:ResourceTag/{ROLE_TAG}": "true"}}
    created_owned = {"StringEquals": {f"aws:RequestTag/{tag}": "owned"}}
    balancers = tuple(
        arn("elasticloadbalancing", kind)
        for kind in ("loadbalancer/*", "targetgroup/*", "listener/*", "listener-rule/*")
    )
    groups = (arn("ec2", "security-group/*"),)
    return policy_document(
        Statement("Look", _READS, ("*",)),
        Statement("MakeLoadBalancers", _CREATIONS, balancers, created_owned),
        Statement("ChangeLoadBalancers", _CHANGES, balancers, owned),
        Statement("MakeGroups", ("ec2:CreateSecurityGroup",), groups, created_owned),
        Statement("MakeGroupsInVpc", ("ec2:CreateSecurityGroup",), (arn("ec2", "vpc/*"),)),
        Statement(
            "TagNewGroups", ("ec2:CreateTags",), groups, {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}}
        ),
        Statement(
            "ChangeGroups",
            (
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:DeleteSecurityGroup",
                "ec2:RevokeSecurityGroupIngress",
            ),
            groups,
            owned,
        ),
        Statement(
            "LinkedRole",
            ("iam:CreateServiceLinkedRole",),
            (linked_role,),
            {"StringEquals": {"iam:AWSServiceName": service}},
        ),
    )
