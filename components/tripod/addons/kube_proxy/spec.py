"""Settings."""

from tripod.addons.framework.spec import AddOnSpec


class KubeProxySpec(AddOnSpec):
    """The addresses of Services, where network.cni is aws-vpc; Cilium does it by itself."""
