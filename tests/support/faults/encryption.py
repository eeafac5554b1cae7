"""Ways to lose keys, secrets and what they protect."""

import json

from support.account.rehearsed import Copy
from support.faults.finding import bucket, data_volume, instance, plain_tags
from support.faults.noting import breaks


@breaks("disks-encrypted", "an instance has an unencrypted disk")
def plain_disk(copy: Copy) -> None:
    found = instance(copy, "workers")
    made = copy.ec2.create_volume(
        AvailabilityZone=found["Placement"]["AvailabilityZone"],
        Size=10,
        Encrypted=False,
        TagSpecifications=[{"ResourceType": "volume", "Tags": plain_tags(copy)}],
    )
    copy.ec2.attach_volume(VolumeId=made["VolumeId"], InstanceId=found["InstanceId"], Device="/dev/sdg")


@breaks("keys-kept", "a key is about to be deleted")
def delete_key(copy: Copy) -> None:
    copy.client("kms").schedule_key_deletion(
        KeyId=data_volume(copy)["KmsKeyId"].rsplit("/", 1)[1], PendingWindowInDays=7
    )


@breaks("keys-kept", "a key is no longer rotated")
def no_rotation(copy: Copy) -> None:
    copy.client("kms").disable_key_rotation(KeyId=data_volume(copy)["KmsKeyId"])


@breaks("secrets-kept", "a secret is deleted")
def delete_secret(copy: Copy) -> None:
    secrets = copy.client("secretsmanager")
    found = next(one for one in secrets.list_secrets()["SecretList"] if one["Name"].endswith("/encryption"))
    secrets.delete_secret(SecretId=found["ARN"], RecoveryWindowInDays=7)


@breaks("buckets-closed", "the snapshots' bucket is no longer versioned")
def no_versions(copy: Copy) -> None:
    copy.client("s3").put_bucket_versioning(
        Bucket=bucket(copy, "snapshots"), VersioningConfiguration={"Status": "Suspended"}
    )


@breaks("buckets-closed", "the snapshots' bucket may be opened to the public")
def no_block(copy: Copy) -> None:
    copy.client("s3").delete_public_access_block(Bucket=bucket(copy, "snapshots"))


@breaks("buckets-closed", "the snapshots' bucket is reached without TLS")
def no_tls(copy: Copy) -> None:
    copy.client("s3").delete_bucket_policy(Bucket=bucket(copy, "snapshots"))


@breaks("buckets-closed", "the issuer's bucket lets anybody read everything")
def open_issuer(copy: Copy) -> None:
    s3, chosen = copy.client("s3"), bucket(copy, "issuer")
    policy = json.loads(s3.get_bucket_policy(Bucket=chosen)["Policy"])
    policy["Statement"][1]["Resource"] = [f"arn:aws:s3:::{chosen}/*"]
    s3.put_bucket_policy(Bucket=chosen, Policy=json.dumps(policy))
