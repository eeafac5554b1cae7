"""The add-on Policies: admission policies, and the priorities of pods."""

from typing import NotRequired

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.policies.objects import policies
from tripod.addons.policies.spec import PoliciesSpec
from tripod.addons.team_namespaces.objects import priority_classes
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import PoliciesSettings


class PoliciesArgs(AddOnArgs, PoliciesSettings):
    """Arguments of Policies."""

    ingress: NotRequired[str]
    """The ingress' Service, as namespace/name: it may be of type LoadBalancer."""


class Policies(AddOn):
    """Admission policies and priority classes.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(PoliciesSpec, args, PoliciesArgs)
        super().__init__("Policies", name, args, spec, opts)
        ingress = args.get("ingress")
        allowed = [*([ingress] if ingress else []), *spec.load_balancers]
        self.declare(*policies(allowed), *priority_classes())
        self.register_outputs(annotated_outputs(self))
