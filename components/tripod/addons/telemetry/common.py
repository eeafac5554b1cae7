"""Parts of log and metric collectors: files, secrets, variables, egress rules."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import ports, ranges, to_internet
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import metadata
from tripod.addons.telemetry.destinations import service_namespace
from tripod.security.ports import API_SERVER, HTTPS

_DUMPER: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's, ten times as fast, where PyYAML was built with it."""


def yaml_text(content: Mapping[str, Any]) -> str:
    """Render configuration as YAML, without aliases (&, *), which not every program can read."""
    # Only what stands twice in memory gets an alias.
    return yaml.dump(json.loads(json.dumps(content)), Dumper=_DUMPER, sort_keys=False, width=1000)


def digest_annotation(files: Manifest) -> dict[str, str]:
    """A pod annotation with the digest of files: a change of the files replaces the pods."""
    text = "".join(f"{name}\0{content}\0" for name, content in sorted(files["data"].items()))
    return {"tripod/config": hashlib.sha256(text.encode()).hexdigest()[:16]}


def secret(name: str, namespace: str, part_of: str, values: Mapping[str, Any]) -> Manifest:
    """A Secret.

    Args:
        name: the object's name.
        namespace: its namespace.
        part_of: the add-on that it belongs to.
        values: key → value, which is a secret and may be unknown.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(name, namespace, part_of),
        "type": "Opaque",
        "stringData": dict(values),
    }


def variables_from(name: str, keys: Mapping[str, str]) -> list[JsonObject]:
    """Variables of a container from a Secret.

    Args:
        name: the Secret's name.
        keys: variable → the Secret's key.
    """
    return [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}} for variable, key in keys.items()
    ]


def field_variable(name: str, path: str) -> JsonObject:
    """A variable with a field of the container's own pod, such as ``spec.nodeName``."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def api_egress_rules(cluster: ClusterFacts) -> list[JsonObject]:
    """Egress rules to the API: its Service, and the control-plane nodes behind it."""
    return [
        {"to": ranges(f"{cluster.api_service}/32"), "ports": ports(HTTPS)},
        {"to": ranges(*cluster.control_ranges), "ports": ports(API_SERVER)},
    ]


def to_host(host: str, port: int) -> JsonObject:
    """Egress rule to a host: a Service's namespace, or any address outside the cluster.

    Args:
        host: the name; of a Service, <service>.<namespace>.svc and what follows.
        port: the port.
    """
    namespace = service_namespace(host)
    if namespace is not None:
        # A policy is about pods, and a Service may have any port: its namespace is as narrow as is known.
        return {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}]}
    return {"to": to_internet(), "ports": ports(port)}


def node_folder(name: str, path: str, kind: str = "Directory") -> JsonObject:
    """A volume: a folder of the node."""
    return {"name": name, "hostPath": {"path": path, "type": kind}}


def mount(name: str, path: str, *, writable: bool = False) -> JsonObject:
    """A mount of a volume in a container."""
    return {"name": name, "mountPath": path, "readOnly": not writable}
