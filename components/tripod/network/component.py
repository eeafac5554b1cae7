"""The component Network: a VPC of the cluster's own, or one that exists."""

from typing import NotRequired

import pulumi

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.spec_types import NetworkSettings
from tripod.network.adopted import adopt_vpc
from tripod.network.flow_logs import make_flow_logs
from tripod.network.parts import NetworkParts
from tripod.network.preflight import check_network
from tripod.network.spec import NetworkSpec
from tripod.network.vpc import make_vpc


class NetworkArgs(OwnedArgs, NetworkSettings):
    """Arguments of Network."""

    region: str
    """The region."""
    account_id: pulumi.Input[str]
    """The account, to which the flow logs' delivery and writing through the S3 endpoint are limited."""
    log_key_arn: NotRequired[pulumi.Input[str]]
    """The KMS key of the flow logs; by default CloudWatch's own."""


class Network(pulumi.ComponentResource):
    """A network for a cluster: public, nodes and control subnets in every zone.

    With ``adopt``, an existing VPC is examined and used as it is; otherwise one is made, with NAT gateways,
    an S3 endpoint and flow logs. Zones stand in slots, so that a later one moves nothing.

    Raises:
        ConfigurationError: the arguments, the zones or the VPC to adopt are refused; nothing was made.
    """

    vpc_id: pulumi.Output[str]
    """The VPC's id."""
    node_subnet_ids: pulumi.Output[dict[str, str]]
    """Zone → id of the workers' subnet."""
    control_subnet_ids: pulumi.Output[dict[str, str]]
    """Zone → id of the subnet of members and control-plane nodes."""
    public_subnet_ids: pulumi.Output[dict[str, str]]
    """Zone → id of the public subnet."""
    private_route_table_ids: pulumi.Output[list[str]]
    """Every route table of the nodes and control subnets."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(NetworkSpec, args, NetworkArgs)
        super().__init__("tripod:index:Network", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        check_network(spec, args["region"], children.cluster, pulumi.InvokeOptions(parent=self))
        self._network_parts = self._make_or_adopt(children, spec, args)
        zones = self._network_parts.zones
        self.vpc_id = self._network_parts.vpc_id
        self.node_subnet_ids = pulumi.Output.all(**{zone.zone: zone.nodes_subnet_id for zone in zones})
        self.control_subnet_ids = pulumi.Output.all(**{zone.zone: zone.control_subnet_id for zone in zones})
        public = {zone.zone: zone.public_subnet_id for zone in zones if zone.public_subnet_id is not None}
        self.public_subnet_ids = pulumi.Output.all(**public)
        self.private_route_table_ids = pulumi.Output.all(*self._network_parts.private_route_tables.values())
        self.register_outputs(annotated_outputs(self))

    def parts(self) -> NetworkParts:
        """The network's parts, for other components of the same program."""
        return self._network_parts

    def _make_or_adopt(self, children: ChildFactory, spec: NetworkSpec, args: NetworkArgs) -> NetworkParts:
        if spec.adopt is not None:
            return adopt_vpc(spec, spec.adopt)
        parts = make_vpc(children, spec, args["region"], args["account_id"])
        make_flow_logs(
            children, parts.vpc_id, args["region"], spec.flow_log_days, args["account_id"], args.get("log_key_arn")
        )
        return parts
