"""The add-on KubeProxy: the addresses of Services, where the network plugin does not make them."""

import pulumi

from tripod.addons.base import AddOn, AddOnArgs
from tripod.addons.manifests.kube_proxy import kube_proxy, kubeconfig
from tripod.addons.spec.network import KubeProxySpec
from tripod.scope import settings
from tripod.settings import KubeProxySettings


class KubeProxyArgs(AddOnArgs, KubeProxySettings):
    """Arguments of KubeProxy."""


class KubeProxy(AddOn):
    """kube-proxy on every node, of the cluster's version.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    def __init__(self, name: str, args: KubeProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = KubeProxySpec.load(settings(args, KubeProxyArgs, KubeProxySpec))
        super().__init__("KubeProxy", name, args, spec, opts)
        reached = pulumi.Output.from_input(self.platform.api_endpoint).apply(kubeconfig)
        self.declare(*kube_proxy(self.platform, reached))
        self.register_outputs({})
