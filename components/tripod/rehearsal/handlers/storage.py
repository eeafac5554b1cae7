"""S3, CloudFront before it, and EBS."""

import base64
from urllib.parse import urlencode

from tripod.core.json_types import JsonObject
from tripod.rehearsal.handlers.context import Context, Created, Handler, ec2_arn, tagged
from tripod.rehearsal.inputs import Inputs, pascal


def _bucket(context: Context, inputs: Inputs) -> Created:
    s3, name = context.client("s3"), inputs.need("bucket")
    # us-east-1 is the one region that must not be given as a constraint.
    place = {} if context.region == "us-east-1" else {"LocationConstraint": context.region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": inputs.tags()})
    # Whether a destroy empties it is the engine's to remember.
    inputs.take("forceDestroy")
    return name, {"arn": f"arn:aws:s3:::{name}", "bucket": name}


def _versioning(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("bucket")
    context.client("s3").put_bucket_versioning(
        Bucket=name, VersioningConfiguration=pascal(inputs.need("versioningConfiguration"))
    )
    return name, {}


def _encryption(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("bucket")
    rules: list[JsonObject] = []
    for rule in inputs.need("rules"):
        default = rule["applyServerSideEncryptionByDefault"]
        by_default = {"SSEAlgorithm": default["sseAlgorithm"]}
        if "kmsMasterKeyId" in default:
            by_default["KMSMasterKeyID"] = default["kmsMasterKeyId"]
        rules.append(
            {
                "ApplyServerSideEncryptionByDefault": by_default,
                "BucketKeyEnabled": bool(rule.get("bucketKeyEnabled", False)),
            }
        )
    context.client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    return name, {}


def _public_access_block(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("bucket")
    context.client("s3").put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration=inputs.given("blockPublicPolicy", "restrictPublicBuckets")
        | {"BlockPublicAcls": inputs.need("blockPublicAcls"), "IgnorePublicAcls": inputs.need("ignorePublicAcls")},
    )
    return name, {}


def _ownership(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("bucket")
    context.client("s3").put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [pascal(inputs.need("rule"))]}
    )
    return name, {}


def _bucket_policy(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("bucket")
    context.client("s3").put_bucket_policy(Bucket=name, Policy=inputs.need("policy"))
    return name, {}


def _lifecycle(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("bucket")
    rules = [_lifecycle_rule(rule) for rule in inputs.need("rules")]
    context.client("s3").put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    return name, {}


def _lifecycle_rule(rule: JsonObject) -> JsonObject:
    converted = pascal(rule)
    converted["ID"] = converted.pop("Id")
    return converted


def _object(context: Context, inputs: Inputs) -> Created:
    content = inputs.take("content")
    body = content.encode() if content is not None else base64.b64decode(inputs.need("contentBase64"))
    key = inputs.need("key")
    context.client("s3").put_object(
        **inputs.given("bucket", "contentType"), Key=key, Body=body, Tagging=urlencode(inputs.take("tags", {}))
    )
    return key, {}


def _origin_access(context: Context, inputs: Inputs) -> Created:
    made = context.client("cloudfront").create_origin_access_control(
        OriginAccessControlConfig=inputs.given(
            "name", "description", "originAccessControlOriginType", "signingBehavior", "signingProtocol"
        )
    )
    return made["OriginAccessControl"]["Id"], {}


def _distribution(context: Context, inputs: Inputs) -> Created:
    # When the engine goes on is not AWS' to know.
    inputs.take("waitForDeployment")
    # The provider adds the empty identity to an origin that has no configuration of its own.
    origins = [
        {**pascal(origin), "Id": origin["originId"], "S3OriginConfig": {"OriginAccessIdentity": ""}}
        for origin in inputs.need("origins")
    ]
    for origin in origins:
        del origin["OriginId"]
    config = {
        **inputs.given("comment", "enabled", "priceClass"),
        "CallerReference": context.name,
        "IsIPV6Enabled": inputs.take("isIpv6Enabled", False),
        "Origins": _counted(origins),
        "DefaultCacheBehavior": _cache_behavior(inputs.need("defaultCacheBehavior")),
        "ViewerCertificate": {
            "CloudFrontDefaultCertificate": inputs.need("viewerCertificate")["cloudfrontDefaultCertificate"]
        },
        "Restrictions": {"GeoRestriction": {**pascal(inputs.need("restrictions")["geoRestriction"]), "Quantity": 0}},
    }
    made = context.client("cloudfront").create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config, "Tags": {"Items": inputs.tags()}}
    )["Distribution"]
    return made["Id"], {"arn": made["ARN"], "domainName": made["DomainName"]}


def _cache_behavior(behavior: JsonObject) -> JsonObject:
    names = {"MinTtl": "MinTTL", "DefaultTtl": "DefaultTTL", "MaxTtl": "MaxTTL"}
    given: JsonObject = pascal(behavior)
    converted: JsonObject = {names.get(name, name): value for name, value in given.items()}
    methods = {**_counted(converted.pop("AllowedMethods")), "CachedMethods": _counted(converted.pop("CachedMethods"))}
    return {**converted, "AllowedMethods": methods}


def _counted(items: list[JsonObject]) -> JsonObject:
    """A list as CloudFront takes it."""
    return {"Quantity": len(items), "Items": items}


def _volume(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_volume(
        **inputs.given("availabilityZone", "size", "iops", "throughput", "encrypted", "kmsKeyId"),
        VolumeType=inputs.need("type"),
        **tagged("volume", inputs),
    )
    return made["VolumeId"], {"arn": ec2_arn(context, "volume", made["VolumeId"])}


HANDLERS: dict[str, Handler] = {
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketVersioning:BucketVersioning": _versioning,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _encryption,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _public_access_block,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _ownership,
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _lifecycle,
    "aws:s3/bucketObjectv2:BucketObjectv2": _object,
    "aws:cloudfront/originAccessControl:OriginAccessControl": _origin_access,
    "aws:cloudfront/distribution:Distribution": _distribution,
    "aws:ebs/volume:Volume": _volume,
}
