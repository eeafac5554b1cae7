"""Encryption: every disk, every bucket, every secret, under keys that are kept and rotated."""

import json
from collections.abc import Callable, Iterator

from botocore.exceptions import ClientError

from tripod.core.naming import ROLE_TAG
from tripod.core.regions import partition
from tripod.core.text import count_of
from tripod.iam.issuer_publication import documents_policy
from tripod.operations.inventory import ClusterInventory, Described
from tripod.operations.verify.check import Failed, Finding, Passed, check
from tripod.pki.secret_names import ClusterPaths, SecretName
from tripod.stack.aws_clients import error_code

CLOSED = {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}


@check("disks-encrypted", "Every disk is encrypted under a customer key", 13)
def disks_encrypted(inventory: ClusterInventory) -> Iterator[Finding]:
    """Volumes that exist, and disks that templates will make."""
    for volume in inventory.volumes:
        if not volume["Encrypted"] or not volume.get("KmsKeyId"):
            yield Failed(
                volume["VolumeId"],
                "not encrypted under a customer key",
                "it cannot be encrypted in place: replace the instance, or restore the member onto a new volume",
            )
    for name, data in inventory.templates.items():
        for disk in data["BlockDeviceMappings"]:
            if not disk["Ebs"].get("Encrypted") or not disk["Ebs"].get("KmsKeyId"):
                yield Failed(name, f"its template makes {disk['DeviceName']} without a customer key", "run `pulumi up`")
    yield Passed(f"{count_of(len(inventory.volumes), 'volume')} and {len(inventory.templates)} templates")


@check("data-outlives-instances", "No member's volume goes with its instance", 9)
def data_outlives_instances(inventory: ClusterInventory) -> Iterator[Finding]:
    """Data volumes that are attached, and whether termination deletes them."""
    data = {volume["VolumeId"] for volume in inventory.data_volumes}
    for instance in inventory.instances:
        for disk in instance["BlockDeviceMappings"]:
            if disk["Ebs"]["VolumeId"] in data and disk["Ebs"].get("DeleteOnTermination"):
                yield Failed(
                    disk["Ebs"]["VolumeId"], f"goes with {instance['InstanceId']}", "turn off DeleteOnTermination"
                )
    yield Passed(f"{count_of(len(data), 'volume')}")


@check("keys-kept", "Keys are enabled, rotated and kept", 14)
def keys_kept(inventory: ClusterInventory) -> Iterator[Finding]:
    """Every key that encrypts something of the cluster."""
    kms = inventory.client("kms")
    for arn, metadata in inventory.keys.items():
        state = metadata["KeyState"]
        if state != "Enabled":
            yield Failed(arn, f"state {state}", "cancel the deletion and enable it: without it everything is lost")
        elif not kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]:
            yield Failed(arn, "not rotated", "run `pulumi up --refresh`")
    yield Passed(f"{count_of(len(inventory.keys), 'key')}")


@check("secrets-kept", "The cluster's secrets exist, under a customer key", 12, 15)
def secrets_kept(inventory: ClusterInventory) -> Iterator[Finding]:
    """One secret for each purpose, none of them under AWS' own key or about to be deleted."""
    paths = ClusterPaths(inventory.cluster, inventory.incarnation)
    found = {secret["Name"]: secret for secret in inventory.secrets}
    for purpose in SecretName:
        secret = found.get(paths.secret(purpose))
        if secret is None or secret.get("DeletedDate"):
            yield Failed(paths.secret(purpose), "gone, or about to be", "restore it from Secrets Manager at once")
        elif not secret.get("KmsKeyId"):
            yield Failed(paths.secret(purpose), "under AWS' own key", "run `pulumi up --refresh`")
    yield Passed(f"{count_of(len(SecretName), 'secret')}")


@check("buckets-closed", "Buckets are encrypted, versioned, TLS only, closed", 11)
def buckets_closed(inventory: ClusterInventory) -> Iterator[Finding]:
    """Encryption, versioning, TLS and no public access, of each bucket; a public issuer's need not block access."""
    for name, tags in sorted(inventory.buckets.items()):
        for evidence, remedy in _bucket_faults(inventory, name, issuer=tags.get(ROLE_TAG) == "issuer"):
            yield Failed(name, evidence, remedy)
    yield Passed(f"{count_of(len(inventory.buckets), 'bucket')}")


def _bucket_faults(inventory: ClusterInventory, name: str, *, issuer: bool) -> Iterator[tuple[str, str]]:
    s3, again = inventory.client("s3"), "run `pulumi up --refresh`"
    providers = inventory.oidc_providers.values() if issuer else ()
    if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
        yield "not versioned", again
    encryption = _or_empty(s3.get_bucket_encryption, name)
    algorithms = [
        rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
        for rule in encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    ]
    if algorithms != (["AES256"] if issuer else ["aws:kms"]):
        yield f"encrypted with {', '.join(algorithms) or 'nothing'}", again
    policy = json.loads(_or_empty(s3.get_bucket_policy, name).get("Policy", "{}"))
    statements: list[Described] = policy.get("Statement", [])
    if not any(_denies_plain_http(statement) for statement in statements):
        yield "reached without TLS", again
    public = issuer and any(one["Url"].removeprefix("https://").startswith(f"{name}.s3.") for one in providers)
    allowed = [one for one in statements if one["Effect"] == "Allow"]
    # Of a distribution that is gone another check speaks.
    gone = issuer and len(inventory.distributions) < len(inventory.distribution_hosts)
    if not gone and allowed != (_issuer_readers(inventory, name, public=public) if issuer else []):
        readable = {resource for one in allowed for resource in _listed(one["Resource"])}
        yield f"its policy lets read {', '.join(sorted(readable)) or 'nothing'}, or lets others read", again
    block = _or_empty(s3.get_public_access_block, name).get("PublicAccessBlockConfiguration", {})
    closed = {setting for setting, on in block.items() if on}
    if not public and closed != CLOSED:
        yield f"public access is not blocked by {', '.join(sorted(CLOSED - closed))}", again


def _issuer_readers(inventory: ClusterInventory, name: str, *, public: bool) -> list[Described]:
    """The readers of the issuer's documents: anyone, the issuer's distribution, or both."""
    arn = f"arn:{partition(inventory.region)}:s3:::{name}"
    distribution = next((one["ARN"] for one in inventory.distributions.values()), None)
    policy = documents_policy(arn, public=public, distribution_arn=distribution)
    return [one for one in policy["Statement"] if one["Effect"] == "Allow"]


def _denies_plain_http(statement: Described) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {})
    return statement["Effect"] == "Deny" and condition.get("aws:SecureTransport") == "false"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _or_empty(ask: Callable[..., Described], bucket: str) -> Described:
    """An answer; an empty one where S3 says that there is no such setting."""
    try:
        return ask(Bucket=bucket)
    except ClientError as error:
        if error_code(error).startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound")):
            return {}
        raise


CHECKS = (disks_encrypted, data_outlives_instances, keys_kept, secrets_kept, buckets_closed)
