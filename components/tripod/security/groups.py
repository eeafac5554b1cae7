"""The component SecurityGroups: the matrix, as groups and standalone rules."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NotRequired

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.problems import Problem
from tripod.core.spec import Spec, Whole
from tripod.network.ranges import allow_list_problems
from tripod.security.egress_ports import outward_port_problems
from tripod.security.matrix import Rule, RuleEnd, RuleOptions, egress_rows, ingress_rows, matrix, opening_tags

_DESCRIPTIONS = {
    RuleEnd.ETCD: "etcd members",
    RuleEnd.CONTROL_PLANE: "Control-plane nodes",
    RuleEnd.WORKERS: "Worker nodes",
    RuleEnd.API: "Internal load balancer of the API",
    RuleEnd.PUBLIC_API: "Load balancer of the API on the Internet",
}


class OpeningsSpec(Spec):
    """What decides what is open."""

    cni: Literal["cilium", "aws-vpc"] = "cilium"
    etcd_metrics: bool = True
    runner_ranges: tuple[str, ...] = ()
    public_ranges: tuple[str, ...] = ()
    outward_ports: tuple[Whole, ...] = ()

    def _rules(self) -> Iterator[Problem]:
        yield from allow_list_problems(self.runner_ranges, ("runner_ranges",))
        yield from allow_list_problems(self.public_ranges, ("public_ranges",))
        yield from outward_port_problems(self.outward_ports, ("outward_ports",))

    def openings(self) -> RuleOptions:
        """The same, for the matrix."""
        return RuleOptions(self.cni, self.etcd_metrics, self.runner_ranges, self.public_ranges, self.outward_ports)


class SecurityGroupsArgs(OwnedArgs):
    """Arguments of SecurityGroups."""

    vpc_id: pulumi.Input[str]
    """The VPC."""
    cni: NotRequired[str]
    """Which network plugin the nodes are opened for: cilium or aws-vpc."""
    etcd_metrics: NotRequired[bool]
    """Whether control-plane nodes may scrape etcd. Default: true."""
    runner_ranges: NotRequired[list[str]]
    """Private ranges that may reach the internal load balancer."""
    public_ranges: NotRequired[list[str]]
    """Ranges that may reach a load balancer on the Internet; without them there is no group for one."""
    outward_ports: NotRequired[list[int]]
    """Where control-plane nodes reach what is outside, beside HTTP and HTTPS."""


class SecurityGroups(pulumi.ComponentResource):
    """The cluster's security groups, between which nothing is open but the matrix.

    Raises:
        ConfigurationError: a range is refused; nothing was made.
    """

    etcd_id: pulumi.Output[str]
    """The etcd members' group."""
    control_plane_id: pulumi.Output[str]
    """The control-plane nodes' group."""
    workers_id: pulumi.Output[str]
    """The workers' group."""
    api_id: pulumi.Output[str]
    """The internal load balancer's group."""
    public_api_id: pulumi.Output[str | None]
    """The public load balancer's group, where ranges are listed for one."""

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        openings = spec_of(OpeningsSpec, args, SecurityGroupsArgs).openings()
        super().__init__("tripod:index:SecurityGroups", name, recorded_inputs(args), opts)
        scope = ChildFactory.of(name, self, args)
        chosen = opening_tags(openings)
        groups = {group: _make_group(scope, group, args["vpc_id"], chosen) for group in openings.groups}
        rows = matrix(openings)
        for row in ingress_rows(rows):
            _make_ingress(scope, groups, row)
        for row in egress_rows(rows):
            _make_egress(scope, groups, row)
        self.etcd_id = groups[RuleEnd.ETCD].id
        self.control_plane_id = groups[RuleEnd.CONTROL_PLANE].id
        self.workers_id = groups[RuleEnd.WORKERS].id
        self.api_id = groups[RuleEnd.API].id
        public = groups.get(RuleEnd.PUBLIC_API)
        self.public_api_id = pulumi.Output.from_input(public.id if public else None)
        self.register_outputs(annotated_outputs(self))


def _make_group(
    scope: ChildFactory, group: RuleEnd, vpc_id: pulumi.Input[str], chosen: Mapping[str, str]
) -> aws.ec2.SecurityGroup:
    return aws.ec2.SecurityGroup(
        scope.child(group),
        name=scope.physical(group),
        description=_DESCRIPTIONS[group],
        vpc_id=vpc_id,
        tags=scope.tags(group, role=group, **chosen),
        opts=scope.opts(),
    )


def _make_ingress(scope: ChildFactory, groups: Mapping[RuleEnd, aws.ec2.SecurityGroup], row: Rule) -> None:
    target = RuleEnd(row.target)
    aws.vpc.SecurityGroupIngressRule(
        scope.child(target, "from", _written(row.source), row.key),
        security_group_id=groups[target].id,
        tags=scope.tags(target, role=target),
        opts=scope.opts(),
        **_opening(groups, row, row.source),
    )


def _make_egress(scope: ChildFactory, groups: Mapping[RuleEnd, aws.ec2.SecurityGroup], row: Rule) -> None:
    source = RuleEnd(row.source)
    aws.vpc.SecurityGroupEgressRule(
        scope.child(source, "to", _written(row.target), row.key),
        security_group_id=groups[source].id,
        tags=scope.tags(source, role=source),
        opts=scope.opts(),
        **_opening(groups, row, row.target),
    )


def _opening(groups: Mapping[RuleEnd, aws.ec2.SecurityGroup], row: Rule, other: RuleEnd | str) -> dict[str, Any]:
    """What a rule opens, and to whom."""
    far_side = (
        {"referenced_security_group_id": groups[other].id} if isinstance(other, RuleEnd) else {"cidr_ipv4": other}
    )
    # EC2 takes no ports with protocol -1, and -1 for every kind of ICMP.
    first, last = row.ports or (-1, -1)
    between = {} if row.protocol == "-1" else {"from_port": first, "to_port": last}
    return {**far_side, **between, "ip_protocol": row.protocol, "description": row.reason}


def _written(side: RuleEnd | str) -> str:
    return side.value if isinstance(side, RuleEnd) else side.replace("/", "-")
