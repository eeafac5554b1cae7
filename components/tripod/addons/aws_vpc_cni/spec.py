"""Settings."""

from tripod.addons.framework.spec import ReleaseSpec


class AwsVpcCniSpec(ReleaseSpec):
    """The network of pods, where network.cni is aws-vpc."""

    prefixes: bool = True
    """Whether nodes get addresses for pods by sixteens. Small instances have room for 110 pods then; the subnets
    need ranges of sixteen that are free as a whole."""
