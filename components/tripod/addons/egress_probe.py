"""The add-on EgressProbe: whether pods get out, before anything that needs it is installed."""

import pulumi

from tripod.addons.base import AddOn, AddOnArgs
from tripod.addons.manifests.egress_probe import egress_probe
from tripod.addons.spec.network import EgressProbeSpec
from tripod.scope import settings
from tripod.settings import EgressProbeSettings


class EgressProbeArgs(AddOnArgs, EgressProbeSettings):
    """Arguments of EgressProbe."""


class EgressProbe(AddOn):
    """A job that ends well when pods reach the API, AWS and the hosts that were named.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    def __init__(self, name: str, args: EgressProbeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = EgressProbeSpec.load(settings(args, EgressProbeArgs, EgressProbeSpec))
        super().__init__("EgressProbe", name, args, spec, opts)
        self.declare(*egress_probe(self.platform, spec.hosts))
        self.register_outputs({})
