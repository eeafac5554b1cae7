"""The component ApiEndpoint: the API's load balancers and DNS name."""

from typing import NotRequired

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.naming import API_LABEL
from tripod.core.spec import Spec
from tripod.security.ports import API_SERVER

IDLE_TIMEOUT_SECONDS = 3600
"""Idle timeout of connections; the default of 350 seconds breaks a quiet `kubectl exec`."""


class ApiEndpointArgs(OwnedArgs):
    """Arguments of ApiEndpoint."""

    vpc_id: pulumi.Input[str]
    """The VPC."""
    zone_name: str
    """The private zone's name: the API is api.<zone>."""
    control_subnet_ids: list[pulumi.Input[str]]
    """Subnets of the internal load balancer, one for each zone."""
    security_group_id: pulumi.Input[str]
    """The internal load balancer's group."""
    public_subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """Subnets of the public load balancer; without them there is none."""
    public_security_group_id: NotRequired[pulumi.Input[str]]
    """The public load balancer's group, which allows the listed ranges."""
    protect: NotRequired[bool]
    """If true, AWS refuses to delete the internal load balancer until `tripod delete` lifts that. Default: true."""


class ApiEndpoint(pulumi.ComponentResource):
    """The API's internal load balancer, and a private zone with the API's name, an alias of it.

    Certificates and kubeconfigs hold that name, so that the load balancer can be replaced.
    """

    endpoint: pulumi.Output[str]
    """The API's name and port."""
    zone_id: pulumi.Output[str]
    """The private zone."""
    public_dns_name: pulumi.Output[str | None]
    """The DNS name of the public load balancer; None if there is none."""
    target_group_arns: pulumi.Output[list[str]]
    """The target groups to register control-plane nodes in."""

    def __init__(self, name: str, args: ApiEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec_of(Spec, args, ApiEndpointArgs)
        super().__init__("tripod:index:ApiEndpoint", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        internal, target_group, listener = _make_load_balancer(
            children, "internal", args["control_subnet_ids"], args["security_group_id"], args
        )
        zone = aws.route53.Zone(
            children.logical_name("zone"),
            name=args["zone_name"],
            comment=f"{children.cluster}: names within the VPC",
            vpcs=[{"vpc_id": args["vpc_id"]}],
            # external-dns writes in it: Route 53 deletes no zone that still has records.
            force_destroy=True,
            tags=children.tags("zone", role="dns"),
            opts=children.opts(),
        )
        record = aws.route53.Record(
            children.logical_name("name"),
            zone_id=zone.zone_id,
            name=f"{API_LABEL}.{args['zone_name']}",
            type="A",
            aliases=[{"name": internal.dns_name, "zone_id": internal.zone_id, "evaluate_target_health": True}],
            opts=children.opts(),
        )
        self._target_groups = [target_group]
        self._ready = [listener, record]
        public = self._make_public(children, args)
        self.endpoint = pulumi.Output.from_input(f"{API_LABEL}.{args['zone_name']}:{API_SERVER}")
        self.zone_id = zone.zone_id
        self.public_dns_name = pulumi.Output.from_input(public.dns_name if public else None)
        self.target_group_arns = pulumi.Output.all(*(group.arn for group in self._target_groups))
        self.register_outputs(annotated_outputs(self))

    def ready(self) -> list[pulumi.Resource]:
        """Resources that must exist before a control-plane node can be healthy."""
        return list(self._ready)

    def _make_public(self, children: ChildFactory, args: ApiEndpointArgs) -> aws.lb.LoadBalancer | None:
        subnets, group = args.get("public_subnet_ids"), args.get("public_security_group_id")
        if not subnets or group is None:
            return None
        balancer, target_group, listener = _make_load_balancer(children, "public", subnets, group, args)
        self._target_groups.append(target_group)
        self._ready.append(listener)
        return balancer


def _make_load_balancer(
    children: ChildFactory, kind: str, subnets: list[pulumi.Input[str]], group: pulumi.Input[str], args: ApiEndpointArgs
) -> tuple[aws.lb.LoadBalancer, aws.lb.TargetGroup, aws.lb.Listener]:
    tags = children.tags("api", kind, role="api")
    balancer = aws.lb.LoadBalancer(
        children.logical_name(kind),
        name=children.physical_name("api", kind, limit=32),
        load_balancer_type="network",
        internal=kind == "internal",
        subnets=subnets,
        # AWS accepts a network load balancer's security groups only at its creation.
        security_groups=[group],
        # With one node in each zone: without it, the loss of one would leave its zone's address without targets.
        enable_cross_zone_load_balancing=True,
        # The public one goes with its access mode, by the engine, which cannot lift the protection.
        enable_deletion_protection=kind == "internal" and args.get("protect", True),
        tags=tags,
        opts=children.opts(),
    )
    target_group = _make_target_group(children, kind, args["vpc_id"])
    listener = aws.lb.Listener(
        children.logical_name(kind, "listener"),
        load_balancer_arn=balancer.arn,
        # TCP, not TLS: client certificates must reach the API server.
        protocol="TCP",
        port=API_SERVER,
        tcp_idle_timeout_seconds=IDLE_TIMEOUT_SECONDS,
        default_actions=[{"type": "forward", "target_group_arn": target_group.arn}],
        tags=tags,
        opts=children.opts(),
    )
    return balancer, target_group, listener


def _make_target_group(children: ChildFactory, kind: str, vpc_id: pulumi.Input[str]) -> aws.lb.TargetGroup:
    return aws.lb.TargetGroup(
        children.logical_name(kind, "targets"),
        name=children.physical_name("api", kind, limit=32),
        vpc_id=vpc_id,
        target_type="instance",
        protocol="TCP",
        port=API_SERVER,
        # A node that connects to itself through the load balancer gets no answer if client addresses are preserved.
        preserve_client_ip="false",
        connection_termination=True,
        deregistration_delay=30,
        health_check={
            "protocol": "HTTPS",
            "path": "/readyz",
            "port": str(API_SERVER),
            "matcher": "200",
            # The smallest interval (5 to 300 seconds, timeouts 2 to 120, thresholds 2 to 10: provider 5.100,
            # internal/service/elbv2/target_group.go): a stopping server is noticed long before it is gone.
            "interval": 5,
            "timeout": 4,
            "healthy_threshold": 2,
            "unhealthy_threshold": 2,
        },
        tags=children.tags("api", kind, role="api"),
        opts=children.opts(),
    )
