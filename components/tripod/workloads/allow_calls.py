"""The component AllowCalls: one service may call another, but not the reverse."""

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
    """Network policies that let one service call another; all other calls are refused.

    Raises:
        ConfigurationError: the arguments are invalid, or the network plugin enforces no policies; no resource was
            created.
    """

    def __init__(self, name: str, args: AllowCallsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(AllowCallsSpec, args, AllowCallsArgs)
        if "cluster" in args:
            # Refuses every network plugin but those that enforce policies as Tripod installs them.
            ClusterFacts.of(args["cluster"])
        super().__init__("AllowCalls", name, args, {}, opts)
        self.declare(*allow_calls(spec))
        self.register_outputs(annotated_outputs(self))
