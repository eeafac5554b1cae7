"""Settings."""

from tripod.addons.framework.spec import ReleaseSpec


class CiliumSpec(ReleaseSpec):
    """The network of pods, where network.cni is cilium."""
