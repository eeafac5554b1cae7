"""The component AllowCalls: one service may call another, but not the reverse."""

from typing import NotRequired

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFactsArgs
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import AllowCallsSettings
from tripod.workloads.network_policies import allow_calls
from tripod.workloads.spec import AllowCallsSpec

ENFORCING = ("cilium", "aws-vpc")
"""The network plugins that enforce policies, as Tripod installs them."""


class AllowCallsArgs(AllowCallsSettings):
    """Arguments of AllowCalls."""

    platform: NotRequired[ClusterFactsArgs]
    """The cluster: then it is refused where its network plugin would not enforce the policies."""


class AllowCalls(ObjectsComponent):
    """Network policies that let one service call another; all other calls are refused.

    Raises:
        ConfigurationError: the arguments are invalid, or the network plugin enforces no policies; no resource was
            created.
    """

    def __init__(self, name: str, args: AllowCallsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(AllowCallsSpec, args, AllowCallsArgs)
        raise_if_any(_not_enforced(args))
        super().__init__("AllowCalls", name, args, {}, opts)
        self.declare(*allow_calls(spec))
        self.register_outputs(annotated_outputs(self))


def _not_enforced(args: AllowCallsArgs) -> list[Problem]:
    """A plugin under which a policy is a wish."""
    cni = args["platform"]["cni"] if "platform" in args else ENFORCING[0]
    if cni in ENFORCING:
        return []
    remedy = "choose one that enforces policies: without, everybody may call everybody"
    return [Problem(("platform", "cni"), repr(cni), f"one of {', '.join(ENFORCING)}", remedy)]
