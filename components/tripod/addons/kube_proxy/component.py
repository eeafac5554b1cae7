"""The add-on KubeProxy: load balancing of Services on nodes, for network plugins without it."""

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.kube_proxy.objects import kube_proxy, kubeconfig
from tripod.addons.kube_proxy.spec import KubeProxySpec
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import KubeProxySettings


class KubeProxyArgs(AddOnArgs, KubeProxySettings):
    """Arguments of KubeProxy."""


class KubeProxy(AddOn):
    """kube-proxy on every node, in the cluster's version.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: KubeProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(KubeProxySpec, args, KubeProxyArgs)
        super().__init__("KubeProxy", name, args, spec, opts)
        config = pulumi.Output.from_input(self.cluster.api_endpoint).apply(kubeconfig)
        self.declare(*kube_proxy(self.cluster, config))
        self.register_outputs(annotated_outputs(self))
