"""Hosts of a service: those of its settings or its default name, refused where they cannot be its own."""

from collections.abc import Iterator
from typing import TypeVar
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_monitor

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.host_names import default_host, default_host_problems
from tripod.core.problems import Problem, raise_if_any
from tripod.dns.domains import within
from tripod.workloads.spec import RoutedSpec

Routed = TypeVar("Routed", bound=RoutedSpec)

_HOSTS_OF_CLUSTERS: WeakKeyDictionary[object, dict[str, str]] = WeakKeyDictionary()
"""Provider of a cluster, or the program's monitor for the default provider → host → its service."""


def with_hosts(spec: Routed, cluster: ClusterFacts | None, opts: pulumi.ResourceOptions | None) -> Routed:
    """The settings with the service's hosts, which no other service of the program may have in its cluster.

    A private service whose settings name no hosts has its default name, where the cluster's private zone is known and
    no load balancer of its Services is public: whoever reaches one may ask for any host behind it.

    Args:
        spec: the service.
        cluster: facts of the cluster; None if unknown.
        opts: the component's options, with the provider of its cluster.

    Raises:
        ConfigurationError: a host is another service's, or reserved, or the default name is no name.
    """
    hosts = spec.hosts
    if hosts is None:
        hosts = _default_hosts(spec, cluster) if cluster else ()
    taken = _HOSTS_OF_CLUSTERS.setdefault(_cluster_of(opts), {})
    raise_if_any(_clashes(hosts, taken))
    taken.update(dict.fromkeys(hosts, f"{spec.namespace}/{spec.name}"))
    return spec.model_copy(update={"hosts": hosts})


def _default_hosts(spec: RoutedSpec, cluster: ClusterFacts) -> tuple[str, ...]:
    if not cluster.internal_zone or spec.visibility != "private" or "public" in cluster.load_balancers:
        return ()
    # The cluster's own zone begins with its name, which is not repeated.
    zone = cluster.internal_zone.removeprefix(f"{cluster.cluster_name}.")
    parts = (spec.name, spec.namespace, cluster.cluster_name, zone)
    host = default_host(*parts)
    problems = [*default_host_problems(*parts), *_reserved_problems(host, cluster)]
    raise_if_any(Problem(("hosts",), one.given, one.allowed, "give other hosts, or []") for one in problems)
    return (host,)


def _reserved_problems(host: str, cluster: ClusterFacts) -> Iterator[Problem]:
    """Find a default name that external-dns may not write, so that it would lead nowhere."""
    for name in cluster.reserved_names:
        if within(host, name):
            given = f"the default {host!r}, which is within the reserved name {name}"
            yield Problem((), given, "a name that is not reserved", "")


def _clashes(hosts: tuple[str, ...], taken: dict[str, str]) -> Iterator[Problem]:
    """Find hosts of other services. ingress-nginx refuses the later, a Gateway gives it no requests."""
    for position, host in enumerate(hosts):
        if host in taken:
            given = f"{host!r}, a host of {taken[host]}"
            yield Problem(("hosts", position), given, "hosts that no other service has", "give another host, or none")


def _cluster_of(opts: pulumi.ResourceOptions | None) -> object:
    """The provider of the component's cluster; the program's monitor for the default provider."""
    if opts and opts.provider:
        return opts.provider
    parent = opts.parent if opts else None
    return (parent and parent.get_provider("kubernetes:core/v1:Service")) or get_monitor()
