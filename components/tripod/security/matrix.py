"""Who may speak with whom: an allow-list, as data.

A row opens one port from one group to another. What no row opens is closed: of two groups of the cluster nothing
passes but what stands here. Every row becomes an ingress rule of its target and, where the source's way out is
listed too, an egress rule of its source.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tripod.network.ranges import ANYWHERE
from tripod.security import ports


class RuleEnd(StrEnum):
    """A security group of the cluster."""

    ETCD = "etcd"
    CONTROL_PLANE = "control-plane"
    WORKERS = "workers"
    API = "api"
    """The API's internal load balancer."""
    PUBLIC_API = "public-api"
    """The API's load balancer on the Internet, where there is one."""


@dataclass(frozen=True)
class Rule:
    """One thing that is open.

    Attributes:
        source: a group, or a range.
        target: a group, or a range.
        protocol: tcp, udp, icmp, or -1 for all.
        port: the port; None for icmp and -1.
        reason: what needs it.
        last: the last port of a span that begins at port; by default the port alone.
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
        """The row's name among its group's: it never changes while the row stands."""
        if self.protocol == "-1":
            return "all"
        numbers = (number for number in (self.port, self.last) if number is not None)
        return "-".join([self.protocol, *(str(number) for number in numbers)])


@dataclass(frozen=True)
class RuleOptions:
    """What decides which rows there are.

    Attributes:
        cni: cilium or aws-vpc.
        etcd_metrics: whether control-plane nodes scrape etcd.
        runner_ranges: private ranges that reach the internal load balancer.
        public_ranges: ranges that reach the load balancer on the Internet; none: there is no such group.
        outward_ports: where control-plane nodes reach what is outside, beside HTTP and HTTPS.
    """

    cni: str = "cilium"
    etcd_metrics: bool = True
    runner_ranges: tuple[str, ...] = ()
    public_ranges: tuple[str, ...] = ()
    outward_ports: tuple[int, ...] = ()

    @property
    def groups(self) -> tuple[RuleEnd, ...]:
        """The groups that there are."""
        return tuple(group for group in RuleEnd if group is not RuleEnd.PUBLIC_API or self.public_ranges)


_INTERNET = str(ANYWHERE)

_ALWAYS = (
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

_NODES = (RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS)


def matrix(openings: RuleOptions) -> tuple[Rule, ...]:
    """Every row of a cluster."""
    return (*_ALWAYS, *_network_plugin(openings.cni), *_by_choice(openings))


def _network_plugin(cni: str) -> Iterator[Rule]:
    if cni == "cilium":
        for source in _NODES:
            for target in _NODES:
                yield Rule(source, target, "udp", ports.CILIUM_VXLAN, "traffic of pods between nodes")
                yield Rule(source, target, "tcp", ports.CILIUM_HEALTH, "health probes of Cilium")
                yield Rule(source, target, "icmp", None, "health probes of Cilium")
    else:
        # All but SSH, and the kubelets, which only the control plane may speak with.
        reason = "pods have addresses of the VPC"
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "tcp", 1, reason, ports.SSH - 1)
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "tcp", ports.SSH + 1, reason, ports.KUBELET - 1)
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "tcp", ports.KUBELET + 1, reason, ports.LAST)
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "udp", 1, reason, ports.LAST)
        yield Rule(RuleEnd.WORKERS, RuleEnd.WORKERS, "icmp", None, reason)
        yield Rule(RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS, "-1", None, "webhooks and aggregated APIs run in pods")


def _by_choice(openings: RuleOptions) -> Iterator[Rule]:
    if openings.etcd_metrics:
        yield Rule(RuleEnd.CONTROL_PLANE, RuleEnd.ETCD, "tcp", ports.ETCD_METRICS, "collectors scrape the members")
    for port in sorted(set(openings.outward_ports) - {ports.HTTP, ports.HTTPS}):
        yield Rule(RuleEnd.CONTROL_PLANE, _INTERNET, "tcp", port, "logs and metrics of control-plane nodes")
    for range_ in openings.runner_ranges:
        yield Rule(range_, RuleEnd.API, "tcp", ports.API_SERVER, "people and pipelines within reach of the VPC")
    if openings.public_ranges:
        yield Rule(RuleEnd.PUBLIC_API, RuleEnd.CONTROL_PLANE, "tcp", ports.API_SERVER, "the public load balancer")
    for range_ in openings.public_ranges:
        yield Rule(range_, RuleEnd.PUBLIC_API, "tcp", ports.API_SERVER, "people and pipelines on the Internet")


def ingress_rows(rows: tuple[Rule, ...]) -> Iterator[Rule]:
    """The rows that are an ingress rule: those into a group."""
    return (row for row in rows if isinstance(row.target, RuleEnd))


def egress_rows(rows: tuple[Rule, ...]) -> Iterator[Rule]:
    """The rows that are an egress rule: those out of a group, but for what a wider row of it covers."""
    unlimited = {row.source for row in rows if row.protocol == "-1" and row.target == _INTERNET}
    for row in rows:
        covered = row.source in unlimited and row.target != _INTERNET
        if isinstance(row.source, RuleEnd) and not covered:
            yield row


CNI_TAG = "tripod:cni"
ETCD_METRICS_TAG = "tripod:etcd-metrics"
RUNNER_RANGES_TAG = "tripod:runner-ranges"
PUBLIC_RANGES_TAG = "tripod:public-ranges"
OUTWARD_PORTS_TAG = "tripod:outward-ports"


def opening_tags(openings: RuleOptions) -> dict[str, str]:
    """What was chosen, as tags of every group: whoever examines a cluster knows which rows to expect.

    A tag's value is short, so that of the ranges only a digest stands there.
    """
    return {
        CNI_TAG: openings.cni,
        ETCD_METRICS_TAG: str(openings.etcd_metrics).lower(),
        RUNNER_RANGES_TAG: ranges_digest(openings.runner_ranges),
        PUBLIC_RANGES_TAG: ranges_digest(openings.public_ranges),
        OUTWARD_PORTS_TAG: " ".join(str(port) for port in sorted(set(openings.outward_ports))) or "none",
    }


def ranges_digest(ranges: Iterable[str]) -> str:
    """A digest of some ranges, whatever their order; "none" of none."""
    known = sorted(set(ranges))
    return hashlib.sha256(" ".join(known).encode()).hexdigest()[:16] if known else "none"
