"""Settings of kube-proxy."""

from tripod.addons.framework.spec import AddOnSpec


class KubeProxySpec(AddOnSpec):
    """kube-proxy; installed with network.cni: aws-vpc. Cilium replaces it."""
