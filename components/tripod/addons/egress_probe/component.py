"""The add-on EgressProbe: a check of pods' egress, before add-ons that need it."""

import pulumi

from tripod.addons.egress_probe.objects import egress_probe
from tripod.addons.egress_probe.spec import EgressProbeSpec
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import EgressProbeSettings


class EgressProbeArgs(AddOnArgs, EgressProbeSettings):
    """Arguments of EgressProbe."""


class EgressProbe(AddOn):
    """A job that succeeds when pods reach the API, AWS and the hosts of its settings.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: EgressProbeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(EgressProbeSpec, args, EgressProbeArgs)
        super().__init__("EgressProbe", name, args, spec, opts)
        self.declare(*egress_probe(self.cluster, spec.hosts))
        self.register_outputs(annotated_outputs(self))
