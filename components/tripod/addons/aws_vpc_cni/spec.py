"""Settings of the AWS VPC CNI."""

from tripod.addons.framework.spec import ReleaseSpec


class AwsVpcCniSpec(ReleaseSpec):
    """The AWS VPC CNI; installed with network.cni: aws-vpc."""

    prefixes: bool = True
    """If true, nodes get pod addresses as /28 prefixes: small instances then hold 110 pods, and the subnets need free
    /28 ranges."""
