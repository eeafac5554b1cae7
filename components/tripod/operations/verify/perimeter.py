"""Security groups: the matrix as designed, and nothing more."""

from collections.abc import Collection, Iterator

from tripod.core.naming import ROLE_TAG
from tripod.network.addresses import LOAD_BALANCER_TAGS, Tier
from tripod.operations.controller_rules import is_of_controller
from tripod.operations.inventory import ClusterInventory, Described, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, check
from tripod.security.matrix import (
    CNI_TAG,
    EGRESS_PORTS_TAG,
    ETCD_METRICS_TAG,
    LOAD_BALANCERS_TAG,
    PUBLIC_RANGES_TAG,
    RUNNER_RANGES_TAG,
    Rule,
    RuleEnd,
    RuleOptions,
    egress_rules,
    ingress_rules,
    matrix,
    ranges_digest,
)
from tripod.security.ports import API_SERVER, SSH

Opening = tuple[str, str, str, str, tuple[int, int] | None]
"""A rule: direction, own group, other side, protocol, first and last port."""


def opens_ssh(rule: Described) -> bool:
    """True if an ingress rule is for SSH, or for a range of ports with it."""
    return not rule["IsEgress"] and rule["IpProtocol"] == "tcp" and rule["FromPort"] <= SSH <= rule["ToPort"]


@check("no-ssh", "No login over SSH is possible", 18)
def no_ssh(inventory: ClusterInventory) -> Iterator[Finding]:
    """Rules that let port 22 in, and keys of instances and templates."""
    for rule in inventory.group_rules:
        if opens_ssh(rule):
            yield Failed(
                rule["SecurityGroupRuleId"],
                f"{rule['GroupId']} allows tcp {rule['FromPort']}-{rule['ToPort']} from {_other_side(inventory, rule)}",
                "remove the rule: Session Manager needs none",
            )
    keys = [(one["InstanceId"], one.get("KeyName")) for one in inventory.instances]
    keys += [(name, data.get("KeyName")) for name, data in inventory.templates.items()]
    for name, key in keys:
        if key:
            yield Failed(name, f"has key pair {key}", "remove it from the template and replace the instance")
    yield Passed(f"{len(inventory.group_rules)} rules and {len(inventory.instances)} instances")


@check("matrix", "Between groups only what the matrix says is open", 17)
def matrix_as_designed(inventory: ClusterInventory) -> Iterator[Finding]:
    """Every rule of the cluster's groups against the rows, both ways: none missing, none more."""
    rules = [rule for rule in inventory.group_rules if not opens_ssh(rule) and not _into_api(inventory, rule)]
    found = {_opening(inventory, rule): rule for rule in rules}
    expected = _expected(inventory)
    for opening in sorted(expected - found.keys(), key=str):
        yield Failed(opening[1], f"missing: {_describe(opening)}", "run `pulumi up --refresh`")
    for opening in sorted(found.keys() - expected, key=str):
        rule = found[opening]
        remedy = "`tripod sweep STACK --yes`" if is_of_controller(rule, inventory.service_groups) else "remove the rule"
        yield Failed(rule["SecurityGroupRuleId"], f"not of the matrix: {_describe(opening)}", remedy)
    yield Passed(f"{len(expected)} rules, as designed")


@check("api-allow-list", "The API lets in the chosen ranges alone", 17, 19)
def api_allow_list(inventory: ClusterInventory) -> Iterator[Finding]:
    """Ranges of the load balancers' groups, against the digest in their tags."""
    for role, tag in (("api", RUNNER_RANGES_TAG), ("public-api", PUBLIC_RANGES_TAG)):
        group = inventory.groups.get(role)
        if group is None:
            continue
        ranges = _ranges_into(inventory, group)
        if "0.0.0.0/0" in ranges or ranges_digest(ranges) != tags_of(group).get(tag):
            yield Failed(
                group["GroupId"],
                f"lets in {', '.join(sorted(ranges)) or 'no range'}, which is not the list that was chosen",
                "correct access.allowedRanges and run `pulumi up --refresh`",
            )
    yield Passed("as chosen")


def _rule_options(inventory: ClusterInventory) -> RuleOptions:
    tags = tags_of(inventory.groups["workers"])
    return RuleOptions(
        cni=tags.get(CNI_TAG, "cilium"),
        etcd_metrics=tags.get(ETCD_METRICS_TAG) == "true",
        egress_ports=tuple(int(port) for port in tags.get(EGRESS_PORTS_TAG, "").split() if port.isdigit()),
        load_balancer_ranges=_load_balancer_ranges(inventory, tags.get(LOAD_BALANCERS_TAG, "").split()),
    )


def _load_balancer_ranges(inventory: ClusterInventory, kinds: Collection[str]) -> tuple[str, ...]:
    """The ranges of the subnets of load balancers of some kinds."""
    tiers = [tier for kind, tier in (("public", Tier.PUBLIC), ("internal", Tier.NODES)) if kind in kinds]
    return tuple(
        subnet["CidrBlock"] for tier in tiers for subnet in inventory.subnets if _is_for_load_balancers(subnet, tier)
    )


def _is_for_load_balancers(subnet: Described, tier: Tier) -> bool:
    """True for a subnet of a tier; one of an adopted VPC has no role."""
    tags = tags_of(subnet)
    return tags.get(ROLE_TAG, tier if tags.get(LOAD_BALANCER_TAGS[tier]) == "1" else "") == tier


def _expected(inventory: ClusterInventory) -> set[Opening]:
    """The rows as openings; ranges into load balancers are another check's."""
    rows = matrix(_rule_options(inventory))
    if "public-api" in inventory.groups:
        rows = (*rows, Rule(RuleEnd.PUBLIC_API, RuleEnd.CONTROL_PLANE, "tcp", API_SERVER, ""))
    openings = {("in", row.target, row.source, row.protocol, row.ports) for row in ingress_rules(rows)}
    openings |= {("out", row.source, row.target, row.protocol, row.ports) for row in egress_rules(rows)}
    return {(way, str(own), str(other), protocol, ports) for way, own, other, protocol, ports in openings}


def _opening(inventory: ClusterInventory, rule: Described) -> Opening:
    own = next(role for role, group in inventory.groups.items() if group["GroupId"] == rule["GroupId"])
    protocol = rule["IpProtocol"]
    # For ICMP, -1 means every type.
    ports = None if protocol == "-1" or rule["FromPort"] == -1 else (rule["FromPort"], rule["ToPort"])
    return ("out" if rule["IsEgress"] else "in", own, _other_side(inventory, rule), protocol, ports)


def _other_side(inventory: ClusterInventory, rule: Described) -> str:
    """The other side of a rule: a group's role, a range or a prefix list."""
    reference = rule.get("ReferencedGroupInfo")
    if reference is None:
        return str(rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId"))
    id_ = str(reference["GroupId"])
    return next((role for role, group in inventory.groups.items() if group["GroupId"] == id_), id_)


def _ranges_into(inventory: ClusterInventory, group: Described) -> set[str]:
    return {
        rule["CidrIpv4"]
        for rule in inventory.group_rules
        if rule["GroupId"] == group["GroupId"] and not rule["IsEgress"] and rule.get("CidrIpv4")
    }


def _into_api(inventory: ClusterInventory, rule: Described) -> bool:
    """True for rules of ranges into the API's load balancers, which another check compares."""
    own = next(role for role, group in inventory.groups.items() if group["GroupId"] == rule["GroupId"])
    into = own in ("api", "public-api") and not rule["IsEgress"] and rule.get("CidrIpv4")
    return bool(into) and rule["FromPort"] == API_SERVER == rule["ToPort"]


def _describe(opening: Opening) -> str:
    way, own, other, protocol, ports = opening
    what = protocol if ports is None else f"{protocol} {'-'.join(str(port) for port in dict.fromkeys(ports))}"
    return f"{what} from {other} to {own}" if way == "in" else f"{what} from {own} to {other}"


CHECKS = (no_ssh, matrix_as_designed, api_allow_list)
