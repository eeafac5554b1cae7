"""Default host names of services, and the wildcard names of their certificate."""

import re
from collections.abc import Iterator

from tripod.core.patterns import DNS_LABEL
from tripod.core.problems import Problem

NAME_LIMIT = 253


def default_host(service: str, namespace: str, cluster: str, zone: str) -> str:
    """The host name of a service that requests none: ``<service>.<namespace>.<cluster>.<zone>``.

    No label has a dot in it, so two services never get one name, in whatever clusters that share a zone.

    Args:
        service: the Service's name.
        namespace: its namespace.
        cluster: the cluster's name.
        zone: the domain of the zone.
    """
    return f"{service}.{namespace}.{cluster}.{zone}"


def default_host_problems(service: str, namespace: str, cluster: str, zone: str) -> Iterator[Problem]:
    """Find parts of a default name with a dot, which could make it another service's name, and too long names."""
    for field, part in (("service", service), ("namespace", namespace), ("cluster", cluster)):
        if not re.fullmatch(DNS_LABEL, part):
            yield Problem((field,), repr(part), "lower-case letters, digits, hyphens; at most 63", "change the name")
    host = default_host(service, namespace, cluster, zone)
    if len(host) > NAME_LIMIT:
        yield Problem(("zone",), f"{host!r}: {len(host)} characters", f"at most {NAME_LIMIT}", "shorten its parts")


def wildcards(namespaces: tuple[str, ...], cluster: str, zone: str) -> list[str]:
    """The names of the default certificate: every service's default name, and one label below the cluster.

    Args:
        namespaces: the namespaces whose services are reached through the ingress.
        cluster: the cluster's name.
        zone: the public zone's domain.
    """
    return [f"*.{cluster}.{zone}", *(f"*.{namespace}.{cluster}.{zone}" for namespace in namespaces)]
