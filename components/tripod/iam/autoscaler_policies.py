"""The IAM policy of cluster-autoscaler: read, and resize its own cluster's worker groups."""

from tripod.core.iam_documents import Document, Statement, policy_document

AUTOSCALER_TAG = "k8s.io/cluster-autoscaler"
"""Prefix of the tag ``<prefix>/<cluster>: owned`` of groups that it may resize; only worker groups have it."""

_READS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeTags",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:GetInstanceTypesFromInstanceRequirements",
)


def autoscaler_policy(partition: str, region: str, account_id: str, cluster: str) -> Document:
    """Build the autoscaler's policy.

    Args:
        partition: aws, aws-cn or aws-us-gov.
        region: the region.
        account_id: the account.
        cluster: the cluster's name.
    """
    groups = f"arn:{partition}:autoscaling:{region}:{account_id}:autoScalingGroup:*:autoScalingGroupName/*"
    return policy_document(
        Statement("Look", _READS, ("*",)),
        Statement(
            "ResizeOwnGroups",
            ("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"),
            (groups,),
            {"StringEquals": {f"aws:ResourceTag/{AUTOSCALER_TAG}/{cluster}": "owned"}},
        ),
    )
