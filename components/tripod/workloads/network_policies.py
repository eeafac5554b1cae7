"""Who may call whom, and the way to a database, as pure functions."""

from collections.abc import Iterable

from tripod.addons.framework.namespaces import network_policy, ports, ranges
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import metadata, selector
from tripod.core.naming import truncate_with_hash
from tripod.workloads.spec import AllowCallsSpec, DatabaseBindingSpec, EndSpec

_LONGEST = 63


def allow_calls(spec: AllowCallsSpec) -> list[Manifest]:
    """Two policies: the caller may go out to the callee, and the callee lets it in. Nothing leads back.

    Args:
        spec: who calls whom.
    """
    between = truncate_with_hash(f"{spec.caller.name}-calls-{spec.callee.name}", _LONGEST)
    return [
        network_policy(
            between,
            spec.caller.namespace,
            selector(spec.caller.name),
            egress=[{"to": [_peer(spec.callee)], "ports": ports(spec.port)}],
        ),
        network_policy(
            truncate_with_hash(f"{spec.callee.name}-called-by-{spec.caller.name}", _LONGEST),
            spec.callee.namespace,
            selector(spec.callee.name),
            ingress=[{"from": [_peer(spec.caller)], "ports": ports(spec.port)}],
        ),
    ]


def _peer(end: EndSpec) -> dict[str, dict[str, dict[str, str]]]:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": end.namespace}},
        "podSelector": {"matchLabels": selector(end.name)},
    }


def database_binding(
    spec: DatabaseBindingSpec, endpoint: object, credentials: Iterable[tuple[str, object]]
) -> list[Manifest]:
    """A name for a database's name, what applications log in with, and a way to it for those that use it.

    Args:
        spec: the binding.
        endpoint: the database's name in DNS, never an address; may be unknown.
        credentials: key → value of the Secret; may be unknown; none where applications get them elsewhere.
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
                truncate_with_hash(f"{user}-uses-{spec.name}", _LONGEST),
                spec.namespace,
                selector(user),
                egress=[{"to": ranges(*spec.ranges), "ports": ports(spec.port)}],
            )
            for user in spec.used_by
        ),
    ]
