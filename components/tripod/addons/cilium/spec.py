"""Settings of Cilium."""

from tripod.addons.framework.spec import ReleaseSpec


class CiliumSpec(ReleaseSpec):
    """Cilium; installed with network.cni: cilium."""
