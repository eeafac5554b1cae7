"""The add-on CoreDns: names within the cluster, at the address that every kubelet tells its pods."""

import pulumi

from tripod.addons.base import AddOn, AddOnArgs
from tripod.addons.manifests.core_dns import core_dns
from tripod.addons.spec.cluster import CoreDnsSpec
from tripod.scope import settings
from tripod.settings import CoreDnsSettings


class CoreDnsArgs(AddOnArgs, CoreDnsSettings):
    """Arguments of CoreDns."""


class CoreDns(AddOn):
    """The cluster's DNS, in replicas that stand in different zones.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    def __init__(self, name: str, args: CoreDnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = CoreDnsSpec.load(settings(args, CoreDnsArgs, CoreDnsSpec))
        super().__init__("CoreDns", name, args, spec, opts)
        self.declare(*core_dns(self.platform, spec.replicas))
        self.register_outputs({})
