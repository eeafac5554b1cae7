"""The component WeightedCutover: one name, two load balancers, and weights that a command moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NotRequired

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import CutoverSettings
from tripod.dns.preflight import look_up_name, unfit_name
from tripod.dns.records import NEW, OLD
from tripod.dns.spec import CutoverSpec, excluded_names, kind_problems
from tripod.dns.weights import ALL

# Route 53 changes a record as a whole. An update of anything would write the weight that the state remembers, however
# long ago that was: the engine makes these records and never changes them, and `tripod cutover` alone moves them.
_THE_COMMANDS = ["weightedRoutingPolicies", "ttl", "aliases", "records", "healthCheckId", "allowOverwrite"]


class WeightedCutoverArgs(OwnedArgs, CutoverSettings):
    """Arguments of WeightedCutover."""

    new_dns_name: NotRequired[pulumi.Input[str]]
    """The cluster's load balancer, instead of new, where another resource says it."""
    new_hosted_zone_id: NotRequired[pulumi.Input[str]]
    """Its hosted zone, for an alias."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete the name's records. Default: true."""


class WeightedCutover(pulumi.ComponentResource):
    """A name that moves from an old load balancer to the cluster, and a test name that leads to the new side alone.

    It begins with everything at the old side. `tripod cutover` moves the weights; the engine never does. Both records
    are protected: neither a destroy nor a configuration without the cut-over takes away what a name leads to. The old
    side goes by `tripod cutover STACK NAME finish` alone, which Route 53 refuses while it has weight.

    Raises:
        ConfigurationError: the settings, or what Route 53 has of the name, do not allow it; no record was made.
    """

    test_url: pulumi.Output[str]
    """Where the new side is tried, before anybody is moved and after."""
    excluded_names: pulumi.Output[list[str]]
    """Names that external-dns must leave alone."""
    health_check_id: pulumi.Output[str | None]
    """Route 53's health check of the new side, where there is one."""

    def __init__(self, name: str, args: WeightedCutoverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(CutoverSpec, args, WeightedCutoverArgs)
        new = _new_side(spec, args)
        super().__init__("tripod:index:WeightedCutover", name, recorded_inputs(args), opts)
        found = look_up_name(spec, pulumi.InvokeOptions(parent=self))
        raise_if_any(unfit_name(spec, found) if found else ())
        scope = ChildFactory.of(name, self, args)
        # The health check too: a record whose health check is replaced is judged by nobody.
        kept = partial(scope.opts, protect=args.get("protect", True))
        test = aws.route53.Record(
            scope.child("test"),
            zone_id=spec.test_zone_id or spec.zone_id,
            name=spec.test_host,
            opts=scope.opts(),
            **_leading_to(new, spec.lowered_ttl),
        )
        check = _health_check(scope, spec, kept(depends_on=[test])) if spec.health.route53 else None
        if spec.stage != "test":
            _weigh(scope, spec, new, check, kept(ignore_changes=_THE_COMMANDS))
        port = "" if spec.health.port is None else f":{spec.health.port}"
        self.test_url = pulumi.Output.from_input(f"{spec.health.scheme}://{spec.test_host}{port}{spec.health.path}")
        self.excluded_names = pulumi.Output.from_input(list(excluded_names([spec])))
        self.health_check_id = check.id.apply(str) if check else pulumi.Output.from_input(None)
        self.register_outputs(annotated_outputs(self))


@dataclass(frozen=True)
class _Target:
    """Where a record leads.

    Attributes:
        dns_name: a load balancer's name.
        zone_id: its hosted zone, for an alias; None for a CNAME.
        judged: whether an alias is passed over while its load balancer has nothing healthy behind it.
    """

    dns_name: pulumi.Input[str]
    zone_id: pulumi.Input[str] | None
    judged: bool


def _new_side(spec: CutoverSpec, args: WeightedCutoverArgs) -> _Target:
    raise_if_any(_new_side_problems(spec, args))
    if spec.new:
        return _Target(spec.new.dns_name, spec.new.hosted_zone_id, judged=True)
    return _Target(args.get("new_dns_name", ""), args.get("new_hosted_zone_id"), judged=True)


def _new_side_problems(spec: CutoverSpec, args: WeightedCutoverArgs) -> Iterator[Problem]:
    if (spec.new is None) != ("new_dns_name" in args):
        given = "neither new nor newDnsName" if spec.new is None else "both new and newDnsName"
        yield Problem(("new",), given, "one of them", "say once where the cluster's load balancer is")
    elif spec.new is None and spec.old is not None:
        yield from kind_problems(spec.old.hosted_zone_id is not None, "new_hosted_zone_id" in args)


def _leading_to(target: _Target, ttl: int) -> dict[str, Any]:
    """The part of a record that says where it leads."""
    if target.zone_id is None:
        return {"type": "CNAME", "ttl": ttl, "records": [target.dns_name]}
    alias = {"name": target.dns_name, "zone_id": target.zone_id, "evaluate_target_health": target.judged}
    return {"type": "A", "aliases": [alias]}


def _health_check(scope: ChildFactory, spec: CutoverSpec, opts: pulumi.ResourceOptions) -> aws.route53.HealthCheck:
    """Route 53 asks the test name: the other leads to the old side too, and a load balancer has no certificate."""
    return aws.route53.HealthCheck(
        scope.child("health"),
        type=spec.health.scheme.upper(),
        fqdn=spec.test_host,
        port=spec.health.asked_port,
        resource_path=spec.health.path,
        enable_sni=spec.health.scheme == "https",
        request_interval=30,
        failure_threshold=3,
        tags=scope.tags("cutover", spec.name, role="dns"),
        opts=opts,
    )


def _weigh(
    scope: ChildFactory,
    spec: CutoverSpec,
    new: _Target,
    check: aws.route53.HealthCheck | None,
    opts: pulumi.ResourceOptions,
) -> None:
    """The two sides. The old one is judged by nobody: while the new one is not well, it has everything."""
    judged: dict[str, Any] = {"health_check_id": check.id if check else None}
    sides = [(NEW, new, 0 if spec.old else ALL, judged)]
    if spec.old:
        old = _Target(spec.old.dns_name, spec.old.hosted_zone_id, judged=False)
        # `tripod cutover … start` has put it there already, where the name had one record.
        sides.append((OLD, old, ALL, {"allow_overwrite": True}))
    for side, target, weight, more in sides:
        aws.route53.Record(
            scope.child(side),
            zone_id=spec.zone_id,
            name=spec.host,
            set_identifier=side,
            weighted_routing_policies=[{"weight": weight}],
            opts=opts,
            **more,
            **_leading_to(target, spec.lowered_ttl),
        )
