"""The component SecurityGroups: the security matrix as groups and standalone rules."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NotRequired

import pulumi
import pulumi_aws as aws
from pydantic import Field

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.problems import Problem
from tripod.core.spec import Spec, Whole
from tripod.network.ranges import allow_list_problems
from tripod.network.spec import LoadBalancerKind
from tripod.security.egress_ports import egress_port_problems
from tripod.security.matrix import Rule, RuleEnd, RuleOptions, egress_rules, ingress_rules, matrix, rule_option_tags

_DESCRIPTIONS = {
    RuleEnd.ETCD: "etcd members",
    RuleEnd.CONTROL_PLANE: "Control-plane nodes",
    RuleEnd.WORKERS: "Worker nodes",
    RuleEnd.API: "Internal load balancer of the API",
    RuleEnd.PUBLIC_API: "Load balancer of the API on the Internet",
}


class RuleOptionsSpec(Spec):
    """Options that decide which rules exist."""

    cni: Literal["cilium", "aws-vpc"] = "cilium"
    etcd_metrics: bool = True
    runner_ranges: tuple[str, ...] = ()
    public_ranges: tuple[str, ...] = ()
    outward_ports: tuple[Whole, ...] = ()
    load_balancers: tuple[LoadBalancerKind, ...] = ()
    load_balancer_ranges: dict[str, str] = Field(default_factory=dict)

    def _rules(self) -> Iterator[Problem]:
        yield from allow_list_problems(self.runner_ranges, ("runner_ranges",))
        yield from allow_list_problems(self.public_ranges, ("public_ranges",))
        yield from egress_port_problems(self.outward_ports, ("outward_ports",))
        yield from allow_list_problems(tuple(self.load_balancer_ranges.values()), ("load_balancer_ranges",))

    def rule_options(self) -> RuleOptions:
        """Convert to the options of the matrix."""
        return RuleOptions(
            self.cni,
            self.etcd_metrics,
            self.runner_ranges,
            self.public_ranges,
            self.outward_ports,
            self.load_balancers,
            tuple(self.load_balancer_ranges.values()),
        )


class SecurityGroupsArgs(OwnedArgs):
    """Arguments of SecurityGroups."""

    vpc_id: pulumi.Input[str]
    """The VPC."""
    cni: NotRequired[str]
    """The network plugin whose ports are opened between nodes: cilium or aws-vpc."""
    etcd_metrics: NotRequired[bool]
    """If true, control-plane nodes may scrape etcd. Default: true."""
    runner_ranges: NotRequired[list[str]]
    """Private ranges that may reach the internal load balancer."""
    public_ranges: NotRequired[list[str]]
    """Ranges that may reach the public load balancer; without them it has no group."""
    outward_ports: NotRequired[list[int]]
    """Egress ports of control-plane nodes, beside HTTP and HTTPS."""
    load_balancers: NotRequired[list[str]]
    """Kinds of Services' load balancers that reach the workers: public, internal. By default there are none."""
    load_balancer_ranges: NotRequired[dict[str, str]]
    """Subnets of these load balancers, which reach the workers' NodePorts: a name, part of resource names, → range."""


class SecurityGroups(pulumi.ComponentResource):
    """The cluster's security groups; between them only the rules of the matrix are open.

    Raises:
        ConfigurationError: a range is invalid; no resource was created.
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
    """The public load balancer's group; None without public ranges."""

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(RuleOptionsSpec, args, SecurityGroupsArgs)
        options = spec.rule_options()
        super().__init__("tripod:index:SecurityGroups", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        tags = rule_option_tags(options)
        groups = {group: _make_group(children, group, args["vpc_id"], tags) for group in options.groups}
        rules = matrix(options)
        names = {range_: f"load-balancers-{subnet}" for subnet, range_ in spec.load_balancer_ranges.items()}
        for rule in ingress_rules(rules):
            _make_rule(children, groups, rule, names, ingress=True)
        for rule in egress_rules(rules):
            _make_rule(children, groups, rule, names, ingress=False)
        self.etcd_id = groups[RuleEnd.ETCD].id
        self.control_plane_id = groups[RuleEnd.CONTROL_PLANE].id
        self.workers_id = groups[RuleEnd.WORKERS].id
        self.api_id = groups[RuleEnd.API].id
        public = groups.get(RuleEnd.PUBLIC_API)
        self.public_api_id = pulumi.Output.from_input(public.id if public else None)
        self.register_outputs(annotated_outputs(self))


def _make_group(
    children: ChildFactory, group: RuleEnd, vpc_id: pulumi.Input[str], tags: Mapping[str, str]
) -> aws.ec2.SecurityGroup:
    return aws.ec2.SecurityGroup(
        children.logical_name(group),
        name=children.physical_name(group),
        description=_DESCRIPTIONS[group],
        vpc_id=vpc_id,
        tags=children.tags(group, role=group, **tags),
        opts=children.opts(),
    )


def _make_rule(
    children: ChildFactory,
    groups: Mapping[RuleEnd, aws.ec2.SecurityGroup],
    rule: Rule,
    names: Mapping[str, str],
    *,
    ingress: bool,
) -> None:
    """Make a rule, whose name has the other end's: by names (range → name), a group's, or a range."""
    own, other = (RuleEnd(rule.target), rule.source) if ingress else (RuleEnd(rule.source), rule.target)
    make = aws.vpc.SecurityGroupIngressRule if ingress else aws.vpc.SecurityGroupEgressRule
    make(
        children.logical_name(own, "from" if ingress else "to", names.get(other) or _name_part(other), rule.key),
        security_group_id=groups[own].id,
        tags=children.tags(own, role=own),
        opts=children.opts(),
        **_rule_arguments(groups, rule, other),
    )


def _rule_arguments(
    groups: Mapping[RuleEnd, aws.ec2.SecurityGroup], rule: Rule, other: RuleEnd | str
) -> dict[str, Any]:
    """Arguments of a rule: the other side, protocol, ports and description."""
    peer = {"referenced_security_group_id": groups[other].id} if isinstance(other, RuleEnd) else {"cidr_ipv4": other}
    # EC2 accepts no ports with protocol -1; for ICMP, -1 means every type and code.
    first, last = rule.ports or (-1, -1)
    span = {} if rule.protocol == "-1" else {"from_port": first, "to_port": last}
    return {**peer, **span, "ip_protocol": rule.protocol, "description": rule.reason}


def _name_part(end: RuleEnd | str) -> str:
    return end.value if isinstance(end, RuleEnd) else end.replace("/", "-")
