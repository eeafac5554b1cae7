"""IAM policies of instances, by role: the calls that the boot agent makes, and no others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.core.naming import INCARNATION_TAG, KUBELET_KEY_TAG, ROLE_TAG, ownership_tag, physical_name
from tripod.core.regions import dns_suffix
from tripod.pki.secret_names import ClusterPaths, SecretName
from tripod.storage.layout import PAYLOAD_OBJECTS, SNAPSHOT_FOLDER

ETCD_SECRETS = (SecretName.ETCD_CA,)
CONTROL_PLANE_SECRETS = (
    SecretName.CLUSTER_CA,
    SecretName.FRONT_PROXY_CA,
    SecretName.ETCD_CLIENT_CA,
    SecretName.SERVICE_ACCOUNTS,
    SecretName.ENCRYPTION,
)

IMAGES = "images"
"""Name of the policy of nodes that pull from ECR."""


@dataclass(frozen=True)
class PolicyInputs:
    """Values that policies refer to.

    Attributes:
        partition: aws, aws-cn or aws-us-gov.
        region: the region.
        account_id: the account.
        cluster: the cluster's name.
        incarnation: the cluster incarnation.
        payload_bucket_arn: the bucket that nodes boot from.
        snapshot_bucket_arn: the snapshots' bucket.
        storage_key_arn: the key of volumes and buckets.
        secrets_key_arn: the key of secrets and parameters.
        secret_arns: purpose → ARN of a secret.
    """

    partition: str
    region: str
    account_id: str
    cluster: str
    incarnation: str
    payload_bucket_arn: str
    snapshot_bucket_arn: str
    storage_key_arn: str
    secrets_key_arn: str
    secret_arns: Mapping[str, str]

    def arn(self, service: str, resource: str) -> str:
        """Build the ARN of a regional resource of the account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    @property
    def paths(self) -> ClusterPaths:
        """Names of the cluster's secrets and parameters."""
        return ClusterPaths(self.cluster, self.incarnation)

    def via(self, service: str) -> dict[str, dict[str, str | list[str]]]:
        """Build the condition that a service uses the key on the caller's behalf."""
        return {"StringEquals": {"kms:ViaService": f"{service}.{self.region}.{dns_suffix(self.region)}"}}


def systems_manager_statement() -> Statement:
    """Allow Session Manager and Run Command.

    AWS' managed policy would let every instance read every SSM parameter of the account.
    These actions cannot be limited to resources.
    """
    return Statement(
        "SystemsManager",
        (
            "ec2messages:AcknowledgeMessage",
            "ec2messages:DeleteMessage",
            "ec2messages:FailMessage",
            "ec2messages:GetEndpoint",
            "ec2messages:GetMessages",
            "ec2messages:SendReply",
            "ssm:UpdateInstanceInformation",
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        ),
        ("*",),
    )


def payload_statements(inputs: PolicyInputs) -> tuple[Statement, ...]:
    """Allow reading the payload bucket."""
    return (
        Statement("Payload", ("s3:GetObject",), (f"{inputs.payload_bucket_arn}/{PAYLOAD_OBJECTS}",)),
        Statement("PayloadKey", ("kms:Decrypt",), (inputs.storage_key_arn,), inputs.via("s3")),
    )


def secret_statements(inputs: PolicyInputs, purposes: tuple[SecretName, ...]) -> tuple[Statement, ...]:
    """Allow reading some secrets."""
    return (
        Statement(
            "Secrets",
            ("secretsmanager:GetSecretValue",),
            tuple(inputs.secret_arns[purpose] for purpose in purposes),
        ),
        Statement("SecretsKey", ("kms:Decrypt",), (inputs.secrets_key_arn,), inputs.via("secretsmanager")),
    )


def etcd_policy(inputs: PolicyInputs) -> Document:
    """Build an etcd member's policy: attach its volume, read and set the parameter `initialised`, store snapshots."""
    tags: dict[str, str | list[str]] = {
        f"aws:ResourceTag/{ROLE_TAG}": "etcd",
        "aws:ResourceTag/cluster": inputs.cluster,
    }
    own_volumes = {"StringEquals": {**tags, f"aws:ResourceTag/{INCARNATION_TAG}": inputs.incarnation}}
    snapshots = f"{inputs.snapshot_bucket_arn}/{SNAPSHOT_FOLDER}*"
    return policy_document(
        systems_manager_statement(),
        *payload_statements(inputs),
        *secret_statements(inputs, ETCD_SECRETS),
        Statement("FindVolume", ("ec2:DescribeVolumes",), ("*",)),
        Statement("AttachVolume", ("ec2:AttachVolume",), (inputs.arn("ec2", "volume/*"),), own_volumes),
        Statement(
            "AttachToInstance", ("ec2:AttachVolume",), (inputs.arn("ec2", "instance/*"),), {"StringEquals": tags}
        ),
        Statement(
            "VolumeKey",
            ("kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"),
            (inputs.storage_key_arn,),
            inputs.via("ec2"),
        ),
        Statement(
            "VolumeGrant",
            ("kms:CreateGrant",),
            (inputs.storage_key_arn,),
            {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        Statement(
            "Initialised",
            ("ssm:AddTagsToResource", "ssm:GetParameter", "ssm:PutParameter"),
            (inputs.arn("ssm", f"parameter{inputs.paths.initialised}"),),
        ),
        Statement("Snapshots", ("s3:GetObject", "s3:PutObject"), (snapshots,)),
        Statement("SnapshotsKey", ("kms:GenerateDataKey",), (inputs.storage_key_arn,), inputs.via("s3")),
    )


def control_plane_policy(inputs: PolicyInputs) -> Document:
    """Build a control-plane node's policy: read the shared keys, publish the join token, look up and mark instances."""
    workers = {f"aws:ResourceTag/{ownership_tag(inputs.cluster)}": "owned", f"aws:ResourceTag/{ROLE_TAG}": "workers"}
    return policy_document(
        systems_manager_statement(),
        *payload_statements(inputs),
        *secret_statements(inputs, CONTROL_PLANE_SECRETS),
        Statement("FindInstances", ("ec2:DescribeInstances",), ("*",)),
        Statement(
            "RecordFirstKey",
            ("ec2:CreateTags",),
            (inputs.arn("ec2", "instance/*"),),
            {
                "StringEquals": workers,
                "ForAllValues:StringEquals": {"aws:TagKeys": [KUBELET_KEY_TAG]},
                # A test for all values passes where there is none.
                "Null": {"aws:TagKeys": "false"},
            },
        ),
        Statement(
            "JoinToken",
            ("ssm:AddTagsToResource", "ssm:GetParameter", "ssm:PutParameter"),
            (inputs.arn("ssm", f"parameter{inputs.paths.join_token}"),),
        ),
        Statement("JoinTokenKey", ("kms:Decrypt", "kms:Encrypt"), (inputs.secrets_key_arn,), inputs.via("ssm")),
    )


def workers_policy(inputs: PolicyInputs) -> Document:
    """Build a worker's policy: join, and complete its termination hook."""
    workers = physical_name(inputs.cluster, "workers", "")
    return policy_document(
        systems_manager_statement(),
        *payload_statements(inputs),
        Statement("JoinToken", ("ssm:GetParameter",), (inputs.arn("ssm", f"parameter{inputs.paths.join_token}"),)),
        Statement("JoinTokenKey", ("kms:Decrypt",), (inputs.secrets_key_arn,), inputs.via("ssm")),
        # AWS supports neither resources nor conditions for this action.
        Statement("FindOwnGroup", ("autoscaling:DescribeAutoScalingInstances",), ("*",)),
        Statement(
            "Leave",
            ("autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"),
            (inputs.arn("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{workers}*"),),
            {
                "StringEquals": {
                    f"autoscaling:ResourceTag/{ownership_tag(inputs.cluster)}": "owned",
                    f"autoscaling:ResourceTag/{ROLE_TAG}": "workers",
                }
            },
        ),
    )


def image_policy(inputs: PolicyInputs, repositories: Iterable[str]) -> Document:
    """Build the policy of nodes that pull from ECR: log in, and pull from some repositories.

    Args:
        inputs: the account and its region.
        repositories: names there, or ARNs.
    """
    arns = [one if one.startswith("arn:") else inputs.arn("ecr", f"repository/{one}") for one in repositories]
    pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    return policy_document(
        # AWS supports no resources for this action.
        Statement("LogIn", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement("Pull", pull, tuple(arns)),
    )
