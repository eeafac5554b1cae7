"""What cluster-autoscaler may do: look, and change the size of its own cluster's worker groups."""

from tripod.core.iam_documents import Document, Statement, policy_document

AUTOSCALER_TAG = "k8s.io/cluster-autoscaler"
"""Groups that it may change bear ``<this>/<cluster>: owned``; those of members and control-plane nodes never do."""

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
    """The autoscaler's policy.

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
