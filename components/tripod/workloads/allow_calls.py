"""The component AllowCalls: one service may call another, and not the other way round."""

from typing import NotRequired

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts, ClusterInput
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import AllowCallsSettings
from tripod.workloads.network_policies import allow_calls
from tripod.workloads.spec import AllowCallsSpec


class AllowCallsArgs(AllowCallsSettings):
    """Arguments of AllowCalls."""

    cluster: NotRequired[ClusterInput]
    """Facts of the cluster; its network plugin must be one that enforces the policies."""


class AllowCalls(ObjectsComponent):
    """Lets one service call another. What is not let is refused: services come closed.

    Raises:
        ConfigurationError: the arguments are refused, or the network plugin enforces no policies; nothing was made.
    """

    def __init__(self, name: str, args: AllowCallsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(AllowCallsSpec, args, AllowCallsArgs)
        if "cluster" in args:
            # Refuses every network plugin but those that enforce policies as Tripod installs them.
            ClusterFacts.of(args["cluster"])
        super().__init__("AllowCalls", name, args, {}, opts)
        self.declare(*allow_calls(spec))
        self.register_outputs(annotated_outputs(self))
