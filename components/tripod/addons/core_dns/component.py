"""The add-on CoreDns: the cluster's DNS, at the address in every kubelet's configuration."""

import pulumi

from tripod.addons.core_dns.objects import core_dns
from tripod.addons.core_dns.spec import CoreDnsSpec
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import CoreDnsSettings


class CoreDnsArgs(AddOnArgs, CoreDnsSettings):
    """Arguments of CoreDns."""


class CoreDns(AddOn):
    """The cluster's DNS, in replicas spread over zones.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: CoreDnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(CoreDnsSpec, args, CoreDnsArgs)
        super().__init__("CoreDns", name, args, spec, opts)
        self.declare(*core_dns(self.cluster, spec.replicas))
        self.register_outputs(annotated_outputs(self))
