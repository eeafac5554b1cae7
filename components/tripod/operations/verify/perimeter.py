"""The perimeter: the matrix as designed, and nothing more."""

from collections.abc import Iterator

from tripod.operations.inventory import ClusterInventory, Described, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, promise
from tripod.security.matrix import (
    CNI_TAG,
    ETCD_METRICS_TAG,
    OUTWARD_PORTS_TAG,
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
    """Whether an ingress rule was written for SSH, or for a span of ports that holds it."""
    return not rule["IsEgress"] and rule["IpProtocol"] == "tcp" and rule["FromPort"] <= SSH <= rule["ToPort"]


@promise("no-ssh", "Nobody can log in over SSH", 18)
def no_ssh(account: ClusterInventory) -> Iterator[Finding]:
    """Rules that let port 22 in, and keys of instances and templates."""
    for rule in account.group_rules:
        if opens_ssh(rule):
            yield Failed(
                rule["SecurityGroupRuleId"],
                f"{rule['GroupId']} lets in tcp {rule['FromPort']}-{rule['ToPort']} from {_other_side(account, rule)}",
                "remove the rule: Session Manager needs none",
            )
    keys = [(one["InstanceId"], one.get("KeyName")) for one in account.instances]
    keys += [(name, data.get("KeyName")) for name, data in account.templates.items()]
    for name, key in keys:
        if key:
            yield Failed(name, f"has key pair {key}", "remove it from the template and replace the instance")
    yield Passed(f"{len(account.group_rules)} rules and {len(account.instances)} instances")


@promise("matrix", "Between groups only what the matrix says is open", 17)
def matrix_as_designed(account: ClusterInventory) -> Iterator[Finding]:
    """Every rule of the cluster's groups against the rows, both ways: none missing, none more."""
    rules = [rule for rule in account.group_rules if not opens_ssh(rule) and not _of_a_service(account, rule)]
    found = {_opening(account, rule): rule for rule in rules}
    expected = _expected(account)
    for opening in sorted(expected - found.keys(), key=str):
        yield Failed(opening[1], f"missing: {_told(opening)}", "run `pulumi up --refresh`")
    for opening in sorted(found.keys() - expected, key=str):
        yield Failed(found[opening]["SecurityGroupRuleId"], f"not of the matrix: {_told(opening)}", "remove the rule")
    yield Passed(f"{len(expected)} rules, as designed")


@promise("api-allow-list", "The API lets in the chosen ranges alone", 17, 19)
def api_allow_list(account: ClusterInventory) -> Iterator[Finding]:
    """Ranges of the load balancers' groups, against the digest in their tags."""
    for role, tag in (("api", RUNNER_RANGES_TAG), ("public-api", PUBLIC_RANGES_TAG)):
        group = account.groups.get(role)
        if group is None:
            continue
        ranges = _ranges_into(account, group)
        if "0.0.0.0/0" in ranges or ranges_digest(ranges) != tags_of(group).get(tag):
            yield Failed(
                group["GroupId"],
                f"lets in {', '.join(sorted(ranges)) or 'no range'}, which is not the list that was chosen",
                "correct access.allowedRanges and run `pulumi up --refresh`",
            )
    yield Passed("as chosen")


def _openings(account: ClusterInventory) -> RuleOptions:
    tags = tags_of(account.groups["workers"])
    return RuleOptions(
        cni=tags.get(CNI_TAG, "cilium"),
        etcd_metrics=tags.get(ETCD_METRICS_TAG) == "true",
        outward_ports=tuple(int(port) for port in tags.get(OUTWARD_PORTS_TAG, "").split() if port.isdigit()),
    )


def _expected(account: ClusterInventory) -> set[Opening]:
    """The rows as openings; ranges into load balancers are another check's."""
    rows = matrix(_openings(account))
    if "public-api" in account.groups:
        rows = (*rows, Rule(RuleEnd.PUBLIC_API, RuleEnd.CONTROL_PLANE, "tcp", API_SERVER, ""))
    openings = {("in", row.target, row.source, row.protocol, row.ports) for row in ingress_rules(rows)}
    openings |= {("out", row.source, row.target, row.protocol, row.ports) for row in egress_rules(rows)}
    return {(way, str(own), str(other), protocol, ports) for way, own, other, protocol, ports in openings}


def _opening(account: ClusterInventory, rule: Described) -> Opening:
    own = next(role for role, group in account.groups.items() if group["GroupId"] == rule["GroupId"])
    protocol = rule["IpProtocol"]
    ports = None if protocol in ("-1", "icmp") else (rule["FromPort"], rule["ToPort"])
    return ("out" if rule["IsEgress"] else "in", own, _other_side(account, rule), protocol, ports)


def _other_side(account: ClusterInventory, rule: Described) -> str:
    """A group's role, or what else stands on a rule's other side."""
    reference = rule.get("ReferencedGroupInfo")
    if reference is None:
        return str(rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId"))
    id_ = str(reference["GroupId"])
    return next((role for role, group in account.groups.items() if group["GroupId"] == id_), id_)


def _ranges_into(account: ClusterInventory, group: Described) -> set[str]:
    return {
        rule["CidrIpv4"]
        for rule in account.group_rules
        if rule["GroupId"] == group["GroupId"] and not rule["IsEgress"] and rule.get("CidrIpv4")
    }


def _of_a_service(account: ClusterInventory, rule: Described) -> bool:
    """Rules that are not the matrix': ranges into load balancers, and what the cloud controller opens for Services."""
    own = next(role for role, group in account.groups.items() if group["GroupId"] == rule["GroupId"])
    if rule["IsEgress"]:
        return False
    if own in ("api", "public-api") and rule.get("CidrIpv4"):
        return rule["FromPort"] == API_SERVER == rule["ToPort"]
    source = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    return own == RuleEnd.WORKERS and source in account.service_groups


def _told(opening: Opening) -> str:
    way, own, other, protocol, ports = opening
    what = protocol if ports is None else f"{protocol} {'-'.join(str(port) for port in dict.fromkeys(ports))}"
    return f"{what} from {other} to {own}" if way == "in" else f"{what} from {own} to {other}"


CHECKS = (no_ssh, matrix_as_designed, api_allow_list)
