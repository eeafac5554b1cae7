"""Network policies between services, and the objects of a database binding."""

from collections.abc import Iterable

from tripod.addons.framework.namespaces import network_policy, ports, ranges
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import metadata, selector
from tripod.core.naming import truncate_with_hash
from tripod.workloads.spec import AllowCallsSpec, DatabaseBindingSpec, ServiceRefSpec

_MAX_NAME = 63


def allow_calls(spec: AllowCallsSpec) -> list[Manifest]:
    """Build two policies: egress of the caller to the callee, and ingress of the callee from the caller.

    Args:
        spec: the caller and the callee.
    """
    between = truncate_with_hash(f"{spec.caller.name}-calls-{spec.callee.name}", _MAX_NAME)
    return [
        network_policy(
            between,
            spec.caller.namespace,
            selector(spec.caller.name),
            egress=[{"to": [_peer(spec.callee)], "ports": ports(spec.port)}],
        ),
        network_policy(
            truncate_with_hash(f"{spec.callee.name}-called-by-{spec.caller.name}", _MAX_NAME),
            spec.callee.namespace,
            selector(spec.callee.name),
            ingress=[{"from": [_peer(spec.caller)], "ports": ports(spec.port)}],
        ),
    ]


def _peer(service: ServiceRefSpec) -> dict[str, dict[str, dict[str, str]]]:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": service.namespace}},
        "podSelector": {"matchLabels": selector(service.name)},
    }


def database_binding(
    spec: DatabaseBindingSpec, endpoint: object, credentials: Iterable[tuple[str, object]]
) -> list[Manifest]:
    """Build a Service for a database's DNS name, a Secret with credentials, and egress policies of its users.

    Args:
        spec: the binding.
        endpoint: the database's DNS name, never an address; may be unknown.
        credentials: key → value of the Secret; may be unknown; empty for no Secret.
    """
    known = dict(credentials)
    secret: list[Manifest] = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata(spec.name, spec.namespace),
            "type": "Opaque",
            "stringData": known,
        }
    ]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(spec.name, spec.namespace),
            "spec": {"type": "ExternalName", "externalName": endpoint},
        },
        *(secret if known else []),
        *(
            network_policy(
                truncate_with_hash(f"{user}-uses-{spec.name}", _MAX_NAME),
                spec.namespace,
                selector(user),
                egress=[{"to": ranges(*spec.ranges), "ports": ports(spec.port)}],
            )
            for user in spec.used_by
        ),
    ]
