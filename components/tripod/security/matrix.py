"""The security matrix: an allow-list of connections between security groups, as data.

A rule opens one port, or a range of ports, from one group to another; everything else is closed. Each rule becomes an
ingress rule of its target and, unless a wider egress rule covers it, an egress rule of its source.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tripod.network.ranges import ANYWHERE
from tripod.security import ports


class RuleEnd(StrEnum):
    """A security group of the cluster, as an end of a rule."""

    ETCD = "etcd"
    CONTROL_PLANE = "control-plane"
    WORKERS = "workers"
    API = "api"
    """The API's internal load balancer."""
    PUBLIC_API = "public-api"
    """The API's public load balancer; only with mode public-allow-list."""


@dataclass(frozen=True)
class Rule:
    """One allowed connection.

    Attributes:
        source: a group, or an address range.
        target: a group, or an address range.
        protocol: tcp, udp, icmp, or -1 for all.
        port: the port; None for -1, and for icmp of every type.
        reason: its purpose, which becomes the rule's description.
        last: the last port of a range that starts at port; by default the port alone. For icmp the two are the type
            and the code, as EC2 has them.
    """

    source: RuleEnd | str
    target: RuleEnd | str
    protocol: str
    port: int | None
    reason: str
    last: int | None = None

    @property
    def ports(self) -> tuple[int, int] | None:
        """The first and the last port."""
        return None if self.port is None else (self.port, self.port if self.last is None else self.last)

    @property
    def key(self) -> str:
        """The rule's key among the rules of the same two ends, part of resource names: it must not change."""
        if self.protocol == "-1":
            return "all"
        numbers = (number for number in (self.port, self.last) if number is not None)
        return "-".join([self.protocol, *(str(number) for number in numbers)])


@dataclass(frozen=True)
class RuleOptions:
    """Options that decide which rules exist.

    Attributes:
        cni: cilium or aws-vpc.
        etcd_metrics: true if control-plane nodes scrape etcd.
        runner_ranges: private ranges that may reach the internal load balancer.
        public_ranges: ranges that may reach the public load balancer; if empty, it has no group.
        egress_ports: egress ports of control-plane nodes, beside HTTP and HTTPS.
        load_balancers: kinds of Services' load balancers that reach the workers: public, internal.
        load_balancer_ranges: ranges of the subnets of these kinds.
    """

    cni: str = "cilium"
    etcd_metrics: bool = True
    runner_ranges: tuple[str, ...] = ()
    public_ranges: tuple[str, ...] = ()
    egress_ports: tuple[int, ...] = ()
    load_balancers: tuple[str, ...] = ()
    load_balancer_ranges: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[RuleEnd, ...]:
        """The groups of this cluster."""
        return tuple(group for group in RuleEnd if group is not RuleEnd.PUBLIC_API or self.public_ranges)


_INTERNET = str(ANYWHERE)

_FIXED_RULES = (
    Rule(RuleEnd.CONTROL_PLANE, RuleEnd.ETCD, "tcp", ports.ETCD_CLIENT, "the API servers keep everything there"),
    Rule(RuleEnd.ETCD, RuleEnd.ETCD, "tcp", ports.ETCD_CLIENT, "members add, promote and remove one another"),
    Rule(RuleEnd.ETCD, RuleEnd.ETCD, "tcp", ports.ETCD_PEER, "members agree"),
    Rule(RuleEnd.CONTROL_PLANE, RuleEnd.CONTROL_PLANE, "tcp", ports.API_SERVER, "pods reach the API by its Service"),
    Rule(RuleEnd.WORKERS, RuleEnd.CONTROL_PLANE, "tcp", ports.API_SERVER, "pods reach the API by its Service"),
    Rule(
        RuleEnd.API,
        RuleEnd.CONTROL_PLANE,
        "tcp",
        ports.API_SERVER,
        "connections and health checks of the load balancer",
    ),
    Rule(RuleEnd.CONTROL_PLANE, RuleEnd.API, "tcp", ports.API_SERVER, "the API by its name, and tunnels of operators"),
    Rule(RuleEnd.WORKERS, RuleEnd.API, "tcp", ports.API_SERVER, "kubelets reach the API by its name"),
    Rule(RuleEnd.CONTROL_PLANE, RuleEnd.CONTROL_PLANE, "tcp", ports.KUBELET, "the API server reads logs and metrics"),
    Rule(RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS, "tcp", ports.KUBELET, "the API server reads logs and metrics"),
    Rule(RuleEnd.ETCD, _INTERNET, "tcp", ports.HTTPS, "AWS services and packages"),
    Rule(RuleEnd.ETCD, _INTERNET, "tcp", ports.HTTP, "signed packages of the operating system"),
    Rule(RuleEnd.CONTROL_PLANE, _INTERNET, "tcp", ports.HTTPS, "AWS services, packages and images"),
    Rule(RuleEnd.CONTROL_PLANE, _INTERNET, "tcp", ports.HTTP, "signed packages of the operating system"),
    Rule(RuleEnd.WORKERS, _INTERNET, "-1", None, "what applications call; network policies narrow it by pod"),
)

_FRAGMENTATION_NEEDED = (3, 4)
"""Type and code of the ICMP messages of path MTU discovery."""

_NODES = (RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS)


def matrix(options: RuleOptions) -> tuple[Rule, ...]:
    """List every rule of a cluster."""
    return (
        *_FIXED_RULES,
        *_network_plugin_rules(options.cni),
        *_optional_rules(options),
        *_load_balancer_rules(options.load_balancer_ranges),
    )


def _network_plugin_rules(cni: str) -> Iterator[Rule]:
    if cni == "cilium":
        for source in _NODES:
            for target in _NODES:
                yield Rule(source, target, "udp", ports.CILIUM_VXLAN, "traffic of pods between nodes")
                yield Rule(source, target, "tcp", ports.CILIUM_HEALTH, "health probes of Cilium")
                yield Rule(source, target, "icmp", None, "health probes of Cilium")
    else:
        # All but SSH, and the kubelets, which only the control plane may connect to.
        reason = "pods have addresses of the VPC"
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "tcp", 1, reason, ports.SSH - 1)
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "tcp", ports.SSH + 1, reason, ports.KUBELET - 1)
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "tcp", ports.KUBELET + 1, reason, ports.HIGHEST_PORT)
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "udp", 1, reason, ports.HIGHEST_PORT)
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "icmp", None, reason)
        yield Rule(RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS, "-1", None, "webhooks and aggregated APIs run in pods")


def _optional_rules(options: RuleOptions) -> Iterator[Rule]:
    if options.etcd_metrics:
        yield Rule(RuleEnd.CONTROL_PLANE, RuleEnd.ETCD, "tcp", ports.ETCD_METRICS, "collectors scrape the members")
    for port in sorted(set(options.egress_ports) - {ports.HTTP, ports.HTTPS}):
        yield Rule(RuleEnd.CONTROL_PLANE, _INTERNET, "tcp", port, "logs and metrics of control-plane nodes")
    for cidr in options.runner_ranges:
        yield Rule(cidr, RuleEnd.API, "tcp", ports.API_SERVER, "people and pipelines within reach of the VPC")
    if options.public_ranges:
        yield Rule(RuleEnd.PUBLIC_API, RuleEnd.CONTROL_PLANE, "tcp", ports.API_SERVER, "the public load balancer")
    for cidr in options.public_ranges:
        yield Rule(cidr, RuleEnd.PUBLIC_API, "tcp", ports.API_SERVER, "people and pipelines on the Internet")


def _load_balancer_rules(ranges: tuple[str, ...]) -> Iterator[Rule]:
    """Rules from load balancers of Services to nodes.

    The cloud controller makes none (DisableSecurityGroupIngress). It also makes the load balancers' own groups, so that
    no rule can refer to these. Without client IP preservation the source of connections and of health checks is a load
    balancer's address in its subnet (ELB user guide, "Edit target group attributes for your Network Load Balancer").
    The second rule is what the controller itself opens for path MTU discovery (cloud-provider-aws 1.36.1,
    pkg/providers/v1/aws_loadbalancer.go, updateInstanceSecurityGroupForNLBMTU).
    """
    for cidr in ranges:
        first, last = ports.NODE_PORTS
        yield Rule(cidr, RuleEnd.WORKERS, "tcp", first, "load balancers of Services and their health checks", last)
        kind, code = _FRAGMENTATION_NEEDED
        yield Rule(cidr, RuleEnd.WORKERS, "icmp", kind, "path MTU discovery of connections of load balancers", code)


def ingress_rules(rules: tuple[Rule, ...]) -> Iterator[Rule]:
    """Select the rules whose target is a group."""
    return (rule for rule in rules if isinstance(rule.target, RuleEnd))


def egress_rules(rules: tuple[Rule, ...]) -> Iterator[Rule]:
    """Select the rules whose source is a group, except those that a wider egress rule of it covers."""
    unlimited = {rule.source for rule in rules if rule.protocol == "-1" and rule.target == _INTERNET}
    for rule in rules:
        covered = rule.source in unlimited and rule.target != _INTERNET
        if isinstance(rule.source, RuleEnd) and not covered:
            yield rule


CNI_TAG = "tripod:cni"
ETCD_METRICS_TAG = "tripod:etcd-metrics"
RUNNER_RANGES_TAG = "tripod:runner-ranges"
PUBLIC_RANGES_TAG = "tripod:public-ranges"
EGRESS_PORTS_TAG = "tripod:outward-ports"
LOAD_BALANCERS_TAG = "tripod:load-balancers"


def rule_option_tags(options: RuleOptions) -> dict[str, str]:
    """Record the options as tags of every group, so that `tripod verify` can derive the expected rules.

    A tag's value is short, so ranges are recorded as a digest.
    """
    return {
        CNI_TAG: options.cni,
        ETCD_METRICS_TAG: str(options.etcd_metrics).lower(),
        RUNNER_RANGES_TAG: ranges_digest(options.runner_ranges),
        PUBLIC_RANGES_TAG: ranges_digest(options.public_ranges),
        EGRESS_PORTS_TAG: " ".join(str(port) for port in sorted(set(options.egress_ports))) or "none",
        # Without their ranges, so that a zone that joins changes no group.
        LOAD_BALANCERS_TAG: " ".join(sorted(set(options.load_balancers))) or "none",
    }


def ranges_digest(ranges: Iterable[str]) -> str:
    """Digest ranges regardless of their order; "none" if there are none."""
    unique = sorted(set(ranges))
    return hashlib.sha256(" ".join(unique).encode()).hexdigest()[:16] if unique else "none"
