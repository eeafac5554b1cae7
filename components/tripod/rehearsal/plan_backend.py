"""A plan: resources that are recorded and not created, with outputs that look like AWS' and are always the same."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.core.regions import recorded_zones
from tripod.rehearsal.objects import KUBERNETES_TYPE, object_id
from tripod.rehearsal.protocol_values import plain
from tripod.rehearsal.recorder import Registration, UnhandledRequestError

ACCOUNT = "123456789012"
"""The account of a plan: no AWS is asked whose credentials these are."""

# A throw-away RSA public key: what a plan says of keys that only `up` makes.
_PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA87KJz0GZ7W+0jQPLqVDN
akGa2AEjY7z0sVBlSZbXtn+hQ2Q76n9Xo9U724KGHI2oig/0puy1m03TsS1wKVxX
y5wZv2Dt04f0gJTCN8UO7hT1BEy4W65N0kEThisgoe/IZqXdCwwGwYcOWMyviHmq
Y0RINx8xiG4qXu32CTe8ZNszXrqUdsfkiNQ7Rx5l9wqV1jiE6RFHMiG28mIjJL3U
uy1p5PPxdu7y7bF0oXlnnYXQc7AX1nnozTdu53+VUVN7zS/jBqFE+G+6VAUQdgV4
lltCTArygR12T1VdXK07a4ZDm4FQLN3q0a+QqfiwxcETIWiNM9eFp2aj80ky28xK
hwIDAQAB
-----END PUBLIC KEY-----
"""

Outputs = JsonObject


@dataclass(frozen=True)
class PlanBackend:
    """The backend of `tripod plan`: neither AWS nor the network is asked.

    Attributes:
        region: the region of the default provider.
        zones: the zones that the account is taken to have in it; by default those recorded.
    """

    region: str
    zones: tuple[str, ...] = ()

    def create(self, registration: Registration) -> tuple[str, Outputs]:
        """An id and outputs that follow from the resource's name and inputs alone."""
        inputs = plain(registration.inputs)
        digest = hashlib.sha256(registration.urn.encode()).hexdigest()
        if registration.type.startswith(KUBERNETES_TYPE):
            return object_id(inputs), {}
        computed = _COMPUTED.get(registration.type)
        if computed is None:
            return digest[:17], {"arn": self._arn(registration.type, digest[:17])}
        return computed(_Planning(inputs, digest, self))

    def invoke(self, function: str, arguments: JsonMapping, provider: str) -> Outputs:
        """Answer a data source without calling AWS."""
        del arguments, provider
        if function == "aws:index/getCallerIdentity:getCallerIdentity":
            return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/plan", "userId": "plan", "id": ACCOUNT}
        if function == "aws:index/getAvailabilityZones:getAvailabilityZones":
            zones = list(self.zones or recorded_zones().get(self.region, ()))
            return {"names": zones, "id": self.region, "zoneIds": []}
        if function == "aws:lb/getLbs:getLbs":
            return {"arns": [self._arn("aws:elasticloadbalancing", "loadbalancer/net/ingress/0123456789abcdef")]}
        if function == "aws:lb/getLoadBalancer:getLoadBalancer":
            return {"dnsName": f"ingress-0123456789abcdef.elb.{self.region}.amazonaws.com", "zoneId": "ZINGRESS"}
        if function in _EMPTY_ANSWERS:
            return {}
        raise UnhandledRequestError(f"{function}: a plan has no answer to it")

    def _arn(self, type_: str, id_: str) -> str:
        service = type_.split(":")[1].split("/", maxsplit=1)[0]
        region = "" if service in _GLOBAL else self.region
        return f"arn:aws:{service}:{region}:{ACCOUNT}:{id_}"


_GLOBAL = ("cloudfront", "iam", "route53")
"""Services whose ARNs name no region."""

_EMPTY_ANSWERS = {
    "aws:ec2/getVpc:getVpc",
    "aws:ec2/getSubnet:getSubnet",
    "aws:ec2/getRouteTable:getRouteTable",
    "aws:route53/getRecords:getRecords",
    "aws:secretsmanager/getSecretVersion:getSecretVersion",
}
"""Lookups of existing resources: their answer is empty, and callers skip the checks that need AWS."""


@dataclass(frozen=True)
class _Planning:
    inputs: JsonMapping
    digest: str
    backend: PlanBackend

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        return f"arn:aws:{service}:{self.backend.region if regional else ''}:{ACCOUNT}:{resource}"


def _prefixed(prefix: str) -> Callable[[_Planning], tuple[str, Outputs]]:
    """An EC2 resource: an id with a prefix, and an ARN."""

    def computed(plan: _Planning) -> tuple[str, Outputs]:
        id_ = f"{prefix}-{plan.digest[:17]}"
        return id_, {"arn": plan.arn("ec2", f"{prefix}/{id_}")}

    return computed


def _launch_template(plan: _Planning) -> tuple[str, Outputs]:
    return f"lt-{plan.digest[:17]}", {"latestVersion": 1, "arn": plan.arn("ec2", f"launch-template/{plan.digest[:17]}")}


def _named(service: str, kind: str, *, regional: bool = True) -> Callable[[_Planning], tuple[str, Outputs]]:
    """A resource whose name is its id."""

    def computed(plan: _Planning) -> tuple[str, Outputs]:
        name = plan.inputs.get("name") or plan.inputs.get("identifier") or plan.digest[:17]
        return name, {"name": name, "arn": plan.arn(service, f"{kind}{name}", regional=regional)}

    return computed


def _key(plan: _Planning) -> tuple[str, Outputs]:
    id_ = "-".join((plan.digest[:8], plan.digest[8:12], plan.digest[12:16], plan.digest[16:20], plan.digest[20:32]))
    return id_, {"keyId": id_, "arn": plan.arn("kms", f"key/{id_}")}


def _bucket(plan: _Planning) -> tuple[str, Outputs]:
    name = plan.inputs["bucket"]
    return name, {"arn": f"arn:aws:s3:::{name}", "bucket": name}


def _bucket_setting(plan: _Planning) -> tuple[str, Outputs]:
    return plan.inputs["bucket"], {}


def _bucket_object(plan: _Planning) -> tuple[str, Outputs]:
    return plan.inputs["key"], {}


def _distribution(plan: _Planning) -> tuple[str, Outputs]:
    id_ = f"E{plan.digest[:13].upper()}"
    arn = plan.arn("cloudfront", f"distribution/{id_}", regional=False)
    return id_, {"arn": arn, "domainName": f"d{plan.digest[:13]}.cloudfront.net"}


def _secret(plan: _Planning) -> tuple[str, Outputs]:
    arn = plan.arn("secretsmanager", f"secret:{plan.inputs['name']}-{plan.digest[:6]}")
    return arn, {"arn": arn}


def _load_balancer(plan: _Planning) -> tuple[str, Outputs]:
    name = plan.inputs["name"]
    arn = plan.arn("elasticloadbalancing", f"loadbalancer/net/{name}/{plan.digest[:16]}")
    dns_name = f"{name}-{plan.digest[:16]}.elb.{plan.backend.region}.amazonaws.com"
    return arn, {"arn": arn, "dnsName": dns_name, "zoneId": f"Z{plan.digest[:13].upper()}"}


def _target_group(plan: _Planning) -> tuple[str, Outputs]:
    arn = plan.arn("elasticloadbalancing", f"targetgroup/{plan.inputs['name']}/{plan.digest[:16]}")
    return arn, {"arn": arn}


def _zone(plan: _Planning) -> tuple[str, Outputs]:
    id_ = f"Z{plan.digest[:13].upper()}"
    return id_, {"zoneId": id_, "arn": f"arn:aws:route53:::hostedzone/{id_}"}


def _random_id(plan: _Planning) -> tuple[str, Outputs]:
    text = plan.digest[: 2 * int(plan.inputs["byteLength"])]
    return text, {"hex": text, "dec": str(int(text, 16))}


def _password(plan: _Planning) -> tuple[str, Outputs]:
    del plan
    return "none", {"result": "(made by up)"}


def _private_key(plan: _Planning) -> tuple[str, Outputs]:
    return plan.digest[:40], {"privateKeyPem": "(made by up)", "publicKeyPem": _PUBLIC_KEY}


def _certificate(plan: _Planning) -> tuple[str, Outputs]:
    return plan.digest[:40], {"certPem": "(made by up)", "certRequestPem": "(made by up)"}


def _database(plan: _Planning) -> tuple[str, Outputs]:
    name = plan.inputs["identifier"]
    host = f"{name}.{plan.digest[:12]}.{plan.backend.region}.rds.amazonaws.com"
    return name, {
        "address": host,
        "endpoint": f"{host}:5432",
        "arn": plan.arn("rds", f"db:{name}"),
        "masterUserSecrets": [
            {"secretArn": plan.arn("secretsmanager", f"secret:rds!{name}"), "secretStatus": "active"}
        ],
    }


_COMPUTED: dict[str, Callable[[_Planning], tuple[str, Outputs]]] = {
    "aws:ec2/vpc:Vpc": _prefixed("vpc"),
    "aws:ec2/subnet:Subnet": _prefixed("subnet"),
    "aws:ec2/routeTable:RouteTable": _prefixed("rtb"),
    "aws:ec2/internetGateway:InternetGateway": _prefixed("igw"),
    "aws:ec2/natGateway:NatGateway": _prefixed("nat"),
    "aws:ec2/eip:Eip": _prefixed("eipalloc"),
    "aws:ec2/securityGroup:SecurityGroup": _prefixed("sg"),
    "aws:ec2/networkInterface:NetworkInterface": _prefixed("eni"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _prefixed("vpce"),
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": _prefixed("pcx"),
    "aws:ebs/volume:Volume": _prefixed("vol"),
    "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
    "aws:autoscaling/group:Group": _named("autoscaling", "autoScalingGroup:"),
    "aws:iam/role:Role": _named("iam", "role/", regional=False),
    "aws:iam/instanceProfile:InstanceProfile": _named("iam", "instance-profile/", regional=False),
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group:"),
    "aws:rds/subnetGroup:SubnetGroup": _named("rds", "subgrp:"),
    "aws:kms/key:Key": _key,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketVersioning:BucketVersioning": _bucket_setting,
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_setting,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket_setting,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _bucket_setting,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket_setting,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _bucket_setting,
    "aws:s3/bucketObjectv2:BucketObjectv2": _bucket_object,
    "aws:cloudfront/distribution:Distribution": _distribution,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:route53/zone:Zone": _zone,
    "aws:rds/instance:Instance": _database,
    "random:index/randomId:RandomId": _random_id,
    "random:index/randomPassword:RandomPassword": _password,
    "tls:index/privateKey:PrivateKey": _private_key,
    "tls:index/selfSignedCert:SelfSignedCert": _certificate,
    "tls:index/certRequest:CertRequest": _certificate,
    "tls:index/locallySignedCert:LocallySignedCert": _certificate,
}
