"""The IAM policy of the EBS CSI driver: create volumes and snapshots with its tags, and manage only those.

AWS' managed policy AmazonEBSCSIDriverPolicyV2 requires the driver's tag; this one requires the cluster's name too, so
that a driver touches no volume of another cluster, of etcd or of anyone else.
"""

from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.core.regions import dns_suffix

CLUSTER_NAME_TAG = "ebs.csi.aws.com/cluster-name"
"""The tag of every resource that the driver creates, if it is configured with its cluster's name."""

_OWN_TAGS = ("ebs.csi.aws.com/cluster", CLUSTER_NAME_TAG, "kubernetes.io/created-for/pvc/name")

_READS = (
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeSnapshots",
    "ec2:DescribeVolumeStatus",
    "ec2:DescribeVolumes",
    "ec2:DescribeVolumesModifications",
)
_CHANGES = ("ec2:AttachVolume", "ec2:DeleteVolume", "ec2:DetachVolume", "ec2:ModifyVolume")

_DRY_RUN = {
    "StringEquals": {"aws:RequestTag/CSIVolumeName": "IopsLimitDryRun"},
    "ForAllValues:StringEquals": {"aws:TagKeys": ["CSIVolumeName"]},
}
"""The driver asks EC2 for the limit of IOPS by a dry run with this tag alone, and takes 16,000 if it is refused."""


def volume_driver_policy(partition: str, region: str, account_id: str, cluster: str, key_arn: str) -> Document:
    """Build the driver's policy.

    Args:
        partition: aws, aws-cn or aws-us-gov.
        region: the region.
        account_id: the account.
        cluster: the cluster's name.
        key_arn: the KMS key of its disks.
    """
    volumes = (f"arn:{partition}:ec2:{region}:{account_id}:volume/*",)
    instances = (f"arn:{partition}:ec2:{region}:{account_id}:instance/*",)
    # A snapshot's ARN has no account.
    snapshots = (f"arn:{partition}:ec2:{region}::snapshot/*",)
    own = {"StringEquals": {f"aws:ResourceTag/{CLUSTER_NAME_TAG}": cluster}}
    tagged = {"StringEquals": {f"aws:RequestTag/{CLUSTER_NAME_TAG}": cluster}}
    by_creation = {"StringEquals": {"ec2:CreateAction": ["CopyVolumes", "CreateSnapshot", "CreateVolume"]}}
    return policy_document(
        Statement("Look", _READS, ("*",)),
        Statement("MakeVolumes", ("ec2:CopyVolumes", "ec2:CreateVolume"), volumes, tagged),
        Statement("AskForLimits", ("ec2:CreateVolume",), volumes, _DRY_RUN),
        Statement("CopyOwnVolumes", ("ec2:CopyVolumes",), volumes, own),
        Statement("MakeSnapshots", ("ec2:CreateSnapshot",), snapshots, tagged),
        Statement("SnapshotOwnVolumes", ("ec2:CreateSnapshot",), volumes, own),
        Statement("KeepOwnVolumes", _CHANGES, volumes, own),
        Statement("KeepOwnSnapshots", ("ec2:CreateVolume", "ec2:DeleteSnapshot"), snapshots, own),
        Statement(
            "AttachToOwnInstances",
            ("ec2:AttachVolume", "ec2:DetachVolume"),
            instances,
            {"StringEquals": {"aws:ResourceTag/cluster": cluster}},
        ),
        Statement("TagWhatIsMade", ("ec2:CreateTags",), (*volumes, *snapshots), by_creation),
        Statement(
            "TagOwnVolumes",
            ("ec2:CreateTags", "ec2:DeleteTags"),
            volumes,
            {
                **own,
                "Null": {"aws:TagKeys": "false"},
                "ForAllValues:StringNotEquals": {"aws:TagKeys": list(_OWN_TAGS)},
            },
        ),
        *_key_statements(region, key_arn),
    )


def _key_statements(region: str, key_arn: str) -> tuple[Statement, ...]:
    """Allow EC2 to use the cluster's key on the driver's behalf, and grants only for AWS' own services."""
    via = {"kms:ViaService": f"ec2.{region}.{dns_suffix(region)}"}
    return (
        Statement(
            "UseKey",
            (
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ),
            (key_arn,),
            {"StringEquals": via},
        ),
        Statement(
            "LendKey",
            ("kms:CreateGrant",),
            (key_arn,),
            {"StringEquals": via, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )
