"""What each kind of instance may do: the calls that its boot agent makes, and no others."""

from collections.abc import Mapping
from dataclasses import dataclass

from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.core.naming import INCARNATION_TAG, ROLE_TAG, ownership_tag, physical_name
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


@dataclass(frozen=True)
class ClusterFacts:
    """What policies name.

    Attributes:
        partition: aws, aws-cn or aws-us-gov.
        region: the region.
        account_id: the account.
        cluster: the cluster's name.
        incarnation: which life of it.
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
        """The ARN of something regional in the account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    @property
    def paths(self) -> ClusterPaths:
        """Where the cluster keeps what outlives its instances."""
        return ClusterPaths(self.cluster, self.incarnation)

    @property
    def dns_suffix(self) -> str:
        """The domain of services, as kms:ViaService writes it."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def via(self, service: str) -> dict[str, dict[str, str | list[str]]]:
        """The condition that a key is used by a service on the caller's behalf."""
        return {"StringEquals": {"kms:ViaService": f"{service}.{self.region}.{self.dns_suffix}"}}


def managed_instance() -> Statement:
    """Session Manager and Run Command.

    AWS' managed policy for this would let every instance read every SSM parameter of the account.
    These actions know no resources.
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


def payload_statements(facts: ClusterFacts) -> tuple[Statement, ...]:
    """Reading what an instance boots from."""
    return (
        Statement("Payload", ("s3:GetObject",), (f"{facts.payload_bucket_arn}/{PAYLOAD_OBJECTS}",)),
        Statement("PayloadKey", ("kms:Decrypt",), (facts.storage_key_arn,), facts.via("s3")),
    )


def secret_statements(facts: ClusterFacts, purposes: tuple[SecretName, ...]) -> tuple[Statement, ...]:
    """Reading secrets."""
    return (
        Statement(
            "Secrets",
            ("secretsmanager:GetSecretValue",),
            tuple(facts.secret_arns[purpose] for purpose in purposes),
        ),
        Statement("SecretsKey", ("kms:Decrypt",), (facts.secrets_key_arn,), facts.via("secretsmanager")),
    )


def etcd_policy(facts: ClusterFacts) -> Document:
    """What an etcd member may do: find and attach its volume, know its past, keep snapshots."""
    tags: dict[str, str | list[str]] = {f"aws:ResourceTag/{ROLE_TAG}": "etcd", "aws:ResourceTag/cluster": facts.cluster}
    own_volumes = {"StringEquals": {**tags, f"aws:ResourceTag/{INCARNATION_TAG}": facts.incarnation}}
    snapshots = f"{facts.snapshot_bucket_arn}/{SNAPSHOT_FOLDER}*"
    return policy_document(
        managed_instance(),
        *payload_statements(facts),
        *secret_statements(facts, ETCD_SECRETS),
        Statement("FindVolume", ("ec2:DescribeVolumes",), ("*",)),
        Statement("AttachVolume", ("ec2:AttachVolume",), (facts.arn("ec2", "volume/*"),), own_volumes),
        Statement("AttachToInstance", ("ec2:AttachVolume",), (facts.arn("ec2", "instance/*"),), {"StringEquals": tags}),
        Statement(
            "VolumeKey",
            ("kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"),
            (facts.storage_key_arn,),
            facts.via("ec2"),
        ),
        Statement(
            "VolumeGrant",
            ("kms:CreateGrant",),
            (facts.storage_key_arn,),
            {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        Statement(
            "Initialised",
            ("ssm:GetParameter", "ssm:PutParameter"),
            (facts.arn("ssm", f"parameter{facts.paths.initialised}"),),
        ),
        Statement("Snapshots", ("s3:GetObject", "s3:PutObject"), (snapshots,)),
        Statement("SnapshotsKey", ("kms:GenerateDataKey",), (facts.storage_key_arn,), facts.via("s3")),
    )


def control_plane_policy(facts: ClusterFacts) -> Document:
    """What a control-plane node may do: read the shared keys, publish the join token, look instances up."""
    return policy_document(
        managed_instance(),
        *payload_statements(facts),
        *secret_statements(facts, CONTROL_PLANE_SECRETS),
        Statement("FindInstances", ("ec2:DescribeInstances",), ("*",)),
        Statement(
            "JoinToken",
            ("ssm:GetParameter", "ssm:PutParameter"),
            (facts.arn("ssm", f"parameter{facts.paths.join_token}"),),
        ),
        Statement("JoinTokenKey", ("kms:Decrypt", "kms:Encrypt"), (facts.secrets_key_arn,), facts.via("ssm")),
    )


def workers_policy(facts: ClusterFacts) -> Document:
    """What a worker may do: join, and say that it has left."""
    workers = physical_name(facts.cluster, "workers", "")
    return policy_document(
        managed_instance(),
        *payload_statements(facts),
        Statement("JoinToken", ("ssm:GetParameter",), (facts.arn("ssm", f"parameter{facts.paths.join_token}"),)),
        Statement("JoinTokenKey", ("kms:Decrypt",), (facts.secrets_key_arn,), facts.via("ssm")),
        # AWS knows neither resources nor conditions for this one.
        Statement("FindOwnGroup", ("autoscaling:DescribeAutoScalingInstances",), ("*",)),
        Statement(
            "Leave",
            ("autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"),
            (facts.arn("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{workers}*"),),
            {
                "StringEquals": {
                    f"autoscaling:ResourceTag/{ownership_tag(facts.cluster)}": "owned",
                    f"autoscaling:ResourceTag/{ROLE_TAG}": "workers",
                }
            },
        ),
    )
