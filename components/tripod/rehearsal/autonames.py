"""Names that the AWS provider makes up where a program gives none: the logical name and seven hexadecimal digits.

The engine's digits are random; here they follow from the URN, so that two plans of one program are equal.
"""

import hashlib

from tripod.core.json_types import JsonMapping, JsonObject

_NAMES = {
    "aws:autoscaling/group:Group": ("name", 255),
    "aws:cloudwatch/logGroup:LogGroup": ("name", 512),
    "aws:ec2/launchTemplate:LaunchTemplate": ("name", 128),
    "aws:ec2/securityGroup:SecurityGroup": ("name", 255),
    "aws:iam/instanceProfile:InstanceProfile": ("name", 128),
    "aws:iam/role:Role": ("name", 64),
    "aws:iam/rolePolicy:RolePolicy": ("name", 128),
    "aws:lb/loadBalancer:LoadBalancer": ("name", 32),
    "aws:lb/targetGroup:TargetGroup": ("name", 32),
    "aws:rds/instance:Instance": ("identifier", 63),
    "aws:rds/subnetGroup:SubnetGroup": ("name", 255),
    "aws:s3/bucket:Bucket": ("bucket", 63),
    "aws:secretsmanager/secret:Secret": ("name", 512),
}
"""Type → the input that is its name, and how long that may be."""

_DIGITS = 7


def with_autoname(urn: str, type_: str, inputs: JsonMapping) -> JsonObject:
    """Inputs with the name that the provider would give.

    Args:
        urn: the resource's URN.
        type_: its type.
        inputs: the program's inputs.
    """
    input_, longest = _NAMES.get(type_, ("", 0))
    if not input_ or inputs.get(input_) is not None or inputs.get(f"{input_}Prefix") is not None:
        return dict(inputs)
    logical = urn.rpartition("::")[2]
    if input_ != "name":
        logical = logical.lower()
    digits = hashlib.sha256(urn.encode()).hexdigest()[:_DIGITS]
    return {**inputs, input_: f"{logical[: longest - _DIGITS - 1]}-{digits}"}
