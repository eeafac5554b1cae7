"""The component WeightedCutover: weighted records of one name for two load balancers."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.json_types import JsonObject
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import CutoverSettings
from tripod.dns.preflight import look_up_records, record_problems
from tripod.dns.records import NEW, OLD
from tripod.dns.spec import CutoverSpec, excluded_names, kind_problems
from tripod.dns.weights import ALL

# Route 53 changes a record as a whole, so any update by the engine would also write the possibly outdated weight of its
# state. The engine therefore creates these records and never changes them; only `tripod cutover` does.
_COMMAND_OWNED = ["weightedRoutingPolicies", "ttl", "aliases", "records", "healthCheckId", "allowOverwrite"]


class WeightedCutoverArgs(OwnedArgs, CutoverSettings):
    """Arguments of WeightedCutover."""

    new_dns_name: NotRequired[pulumi.Input[str]]
    """The DNS name of the cluster's load balancer, as an output of another resource, instead of new."""
    new_hosted_zone_id: NotRequired[pulumi.Input[str]]
    """Its hosted zone, for an alias."""
    protect: NotRequired[bool]
    """If true, the engine refuses to delete the name's records. Default: true."""


class WeightedCutover(pulumi.ComponentResource):
    """A name that moves from an old load balancer to the cluster, and a test name for the new side alone.

    At first all traffic goes to the old side. Only `tripod cutover` changes the weights; the engine never does. Both
    records are protected: neither a destroy nor a configuration without the cut-over deletes them. The old side is
    deleted only by `tripod cutover STACK NAME finish`, which Route 53 refuses while it has weight.

    Raises:
        ConfigurationError: the settings, or the name's records in Route 53, do not allow it; no record was created.
    """

    test_url: pulumi.Output[str]
    """The URL to test the new side with, before and during the cut-over."""
    excluded_names: pulumi.Output[list[str]]
    """Names that external-dns must not manage."""
    health_check_id: pulumi.Output[str | None]
    """The id of Route 53's health check of the new side; None if there is none."""

    def __init__(self, name: str, args: WeightedCutoverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(CutoverSpec, args, WeightedCutoverArgs)
        new = _new_side(spec, args)
        super().__init__("tripod:index:WeightedCutover", name, recorded_inputs(args), opts)
        found = look_up_records(spec, pulumi.InvokeOptions(parent=self))
        raise_if_any(record_problems(spec, found) if found else ())
        children = ChildFactory.of(name, self, args)
        # The health check too: if it were deleted, its record would count as healthy.
        protected = partial(children.opts, protect=args.get("protect", True))
        test = aws.route53.Record(
            children.logical_name("test"),
            zone_id=spec.test_zone_id or spec.zone_id,
            name=spec.test_host,
            opts=children.opts(),
            **_record_target(new, spec.lowered_ttl),
        )
        check = _health_check(children, spec, protected(depends_on=[test])) if spec.health.route53 else None
        if spec.stage != "test":
            _make_weighted_records(children, spec, new, check, protected(ignore_changes=_COMMAND_OWNED))
        port = "" if spec.health.port is None else f":{spec.health.port}"
        self.test_url = pulumi.Output.from_input(f"{spec.health.scheme}://{spec.test_host}{port}{spec.health.path}")
        self.excluded_names = pulumi.Output.from_input(list(excluded_names([spec])))
        self.health_check_id = check.id.apply(str) if check else pulumi.Output.from_input(None)
        self.register_outputs(annotated_outputs(self))


@dataclass(frozen=True)
class _Target:
    """The target of a record.

    Attributes:
        dns_name: a load balancer's name.
        zone_id: its hosted zone, for an alias; None for a CNAME.
        evaluate_health: true if an alias is skipped while its load balancer has no healthy target.
    """

    dns_name: pulumi.Input[str]
    zone_id: pulumi.Input[str] | None
    evaluate_health: bool


def _new_side(spec: CutoverSpec, args: WeightedCutoverArgs) -> _Target:
    raise_if_any(_new_side_problems(spec, args))
    if spec.new:
        return _Target(spec.new.dns_name, spec.new.hosted_zone_id, evaluate_health=True)
    return _Target(args.get("new_dns_name", ""), args.get("new_hosted_zone_id"), evaluate_health=True)


def _new_side_problems(spec: CutoverSpec, args: WeightedCutoverArgs) -> Iterator[Problem]:
    if (spec.new is None) != ("new_dns_name" in args):
        given = "neither new nor newDnsName" if spec.new is None else "both new and newDnsName"
        yield Problem(("new",), given, "one of them", "give the cluster's load balancer once")
    elif spec.new is None and spec.old is not None:
        yield from kind_problems(spec.old.hosted_zone_id is not None, "new_hosted_zone_id" in args)


def _record_target(target: _Target, ttl: int) -> JsonObject:
    """The record arguments that define its target."""
    if target.zone_id is None:
        return {"type": "CNAME", "ttl": ttl, "records": [target.dns_name]}
    alias = {"name": target.dns_name, "zone_id": target.zone_id, "evaluate_target_health": target.evaluate_health}
    return {"type": "A", "aliases": [alias]}


def _health_check(children: ChildFactory, spec: CutoverSpec, opts: pulumi.ResourceOptions) -> aws.route53.HealthCheck:
    """Check the test name: the host resolves to both sides, and no certificate has a load balancer's own name."""
    return aws.route53.HealthCheck(
        children.logical_name("health"),
        type=spec.health.scheme.upper(),
        fqdn=spec.test_host,
        port=spec.health.effective_port,
        resource_path=spec.health.path,
        enable_sni=spec.health.scheme == "https",
        request_interval=30,
        failure_threshold=3,
        tags=children.tags("cutover", spec.name, role="dns"),
        opts=opts,
    )


def _make_weighted_records(
    children: ChildFactory,
    spec: CutoverSpec,
    new: _Target,
    check: aws.route53.HealthCheck | None,
    opts: pulumi.ResourceOptions,
) -> None:
    """Create both sides' records. The old one has no health check: it gets all traffic while the new is unhealthy."""
    sides: list[tuple[str, _Target, int, pulumi.Output[str] | None, bool | None]] = [
        (NEW, new, 0 if spec.old else ALL, check.id if check else None, None)
    ]
    if spec.old:
        old = _Target(spec.old.dns_name, spec.old.hosted_zone_id, evaluate_health=False)
        # If the name had a single record, `tripod cutover … start` has created this one already.
        sides.append((OLD, old, ALL, None, True))
    for side, target, weight, health_check, overwrite in sides:
        aws.route53.Record(
            children.logical_name(side),
            zone_id=spec.zone_id,
            name=spec.host,
            set_identifier=side,
            weighted_routing_policies=[{"weight": weight}],
            health_check_id=health_check,
            allow_overwrite=overwrite,
            opts=opts,
            **_record_target(target, spec.lowered_ttl),
        )
