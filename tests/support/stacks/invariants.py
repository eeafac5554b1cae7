"""Invariants of every plan, whatever the configuration."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from support.stacks.planned import inputs, of_type
from tripod.core.naming import OWNER_TAG_KEYS
from tripod.etcd.quorum import losses_survived
from tripod.rehearsal.program import Recording

UNTAGGABLE_OR_BY_PARENT = {
    "aws:autoscaling/group:Group",  # a list of tags, looked at by itself
    "aws:autoscaling/lifecycleHook:LifecycleHook",
    "aws:cloudfront/originAccessControl:OriginAccessControl",
    "aws:ec2/peeringConnectionOptions:PeeringConnectionOptions",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/subnetCidrReservation:SubnetCidrReservation",
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:kms/alias:Alias",
    "aws:route53/record:Record",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:secretsmanager/secretPolicy:SecretPolicy",
    "aws:secretsmanager/secretVersion:SecretVersion",
}


def broken_invariants(recording: Recording, settings: dict[str, Any]) -> list[str]:
    """Every invariant that a plan breaks, in a sentence each."""
    configured = (check(recording, settings) for check in (_quorum, _ranges, _kept, _names))
    always = (check(recording) for check in (_encryption, _perimeter, _templates, _rights, _tags))
    return [problem for found in (*configured, *always) for problem in found]


def _quorum(recording: Recording, settings: dict[str, Any]) -> Iterator[str]:
    groups = [one for one in of_type(recording, "autoscaling/group:Group") if "-etcd-" in one.name]
    zones = [inputs(group)["availabilityZones"] for group in groups]
    if any(len(zone) != 1 for zone in zones):
        yield "a member's group is not in exactly one zone"
    count = Counter(zone[0] for zone in zones)
    members = len(groups)
    if members < 3 or members % 2 == 0:
        yield f"{members} members"
    wants_zone = settings["tripod:cluster"].get("ha", "zone") == "zone"
    survives = max(count.values()) <= losses_survived(members)
    if wants_zone and not survives:
        yield f"ha: zone, but members are placed {dict(count)}"
    if recording.outputs["toleratesZoneFailure"] and not survives:
        yield "toleratesZoneFailure is claimed, but etcd does not"


def _ranges(recording: Recording, settings: dict[str, Any]) -> Iterator[str]:
    subnets = [IPv4Network(inputs(one)["cidrBlock"]) for one in of_type(recording, "ec2/subnet:Subnet")]
    for first, second in combinations(subnets, 2):
        if first.overlaps(second):
            yield f"subnets {first} and {second} overlap"
    network = settings["tripod:network"]
    wide = [network["cidr"], network.get("podCidr", "100.64.0.0/14"), network.get("serviceCidr", "100.80.0.0/16")]
    wide += [peer["cidr"] for peer in settings.get("tripod:peers", [])]
    for one, other in combinations([IPv4Network(text) for text in wide], 2):
        if one.overlaps(other):
            yield f"ranges {one} and {other} overlap"


def _encryption(recording: Recording) -> Iterator[str]:
    for volume in of_type(recording, "ebs/volume:Volume"):
        if inputs(volume)["encrypted"] is not True or not inputs(volume)["kmsKeyId"]:
            yield f"{volume.name} is not encrypted"
    for template in of_type(recording, "ec2/launchTemplate:LaunchTemplate"):
        for disk in inputs(template)["blockDeviceMappings"]:
            if disk["ebs"]["encrypted"] != "true" or not disk["ebs"]["kmsKeyId"]:
                yield f"{template.name} makes an unencrypted disk"
    for database in of_type(recording, "rds/instance:Instance"):
        if inputs(database)["storageEncrypted"] is not True:
            yield f"{database.name} is not encrypted"


def _perimeter(recording: Recording) -> Iterator[str]:
    rules = of_type(recording, "vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    for rule in rules:
        values = inputs(rule)
        if values.get("cidrIpv4") == "0.0.0.0/0":
            yield f"{rule.name} lets in everybody"
        if values["ipProtocol"] == "tcp" and values["fromPort"] <= 22 <= values["toPort"]:
            yield f"{rule.name} lets SSH in"
        if values["ipProtocol"] == "tcp" and values["fromPort"] in (2379, 2380) and "-etcd-from-" not in rule.name:
            yield f"{rule.name} opens etcd on another group"
    into_etcd = [rule.name.split("-from-")[1] for rule in rules if "-etcd-from-" in rule.name]
    sources = {name.rsplit("-tcp-", 1)[0] for name in into_etcd}
    if not sources <= {"control-plane", "etcd"}:
        yield f"etcd is reached from {sorted(sources)}"


def _templates(recording: Recording) -> Iterator[str]:
    for template in of_type(recording, "ec2/launchTemplate:LaunchTemplate"):
        values = inputs(template)
        options = values["metadataOptions"]
        if options["httpTokens"] != "required" or options["httpPutResponseHopLimit"] != 1:
            yield f"{template.name} answers metadata too widely"
        if "keyName" in values:
            yield f"{template.name} has a key pair"
        if any(one.get("associatePublicIpAddress") == "true" for one in values["networkInterfaces"]):
            yield f"{template.name} asks for a public address"
        user_data = base64.b64decode(values["userData"])
        if len(user_data) > 4096:
            yield f"{template.name}'s user data has outgrown 4 KB"
        if b"PRIVATE KEY" in user_data:
            yield f"{template.name} has a private key in its user data"


def _rights(recording: Recording) -> Iterator[str]:
    for policy in of_type(recording, "iam/rolePolicy:RolePolicy"):
        for statement in json.loads(inputs(policy)["policy"])["Statement"]:
            if any("*" in action for action in statement["Action"]):
                yield f"{policy.name} allows {statement['Action']}"


def _tags(recording: Recording) -> Iterator[str]:
    for one in recording.registrations.values():
        if not one.type.startswith("aws:") or one.type in UNTAGGABLE_OR_BY_PARENT:
            continue
        missing = set(OWNER_TAG_KEYS) - inputs(one).get("tags", {}).keys()
        if missing:
            yield f"{one.name} lacks the tags {sorted(missing)}"
    for group in of_type(recording, "autoscaling/group:Group"):
        missing = set(OWNER_TAG_KEYS) - {tag["key"] for tag in inputs(group)["tags"]}
        if missing:
            yield f"{group.name} lacks the tags {sorted(missing)}"


def _kept(recording: Recording, settings: dict[str, Any]) -> Iterator[str]:
    wants = settings["tripod:cluster"].get("protect", True)
    for type_ in ("ebs/volume:Volume", "kms/key:Key", "secretsmanager/secret:Secret"):
        for one in of_type(recording, type_):
            if not one.retain:
                yield f"{one.name} would go with a destroy"
            if one.protect is not wants:
                yield f"{one.name} is {'' if one.protect else 'not '}protected"


def _names(recording: Recording, settings: dict[str, Any]) -> Iterator[str]:
    cluster = settings["tripod:cluster"]["name"]
    limits = {
        "lb/loadBalancer:LoadBalancer": 32,
        "lb/targetGroup:TargetGroup": 32,
        "iam/role:Role": 64,
        "autoscaling/group:Group": 255,
        "s3/bucket:Bucket": 63,
    }
    for type_, limit in limits.items():
        for one in of_type(recording, type_):
            name = str(inputs(one).get("name") or inputs(one).get("bucket"))
            if len(name) > limit or not name.startswith(cluster):
                yield f"{one.name} is called {name}"
