"""Resources of a stack: as a tree that folds similar ones, or as data."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from rich.text import Text
from rich.tree import Tree

from tripod.core.json_types import JsonObject
from tripod.core.text import count_of, plural
from tripod.rehearsal.program import Recording
from tripod.rehearsal.protocol_values import display_value
from tripod.rehearsal.recorder import Registration

ROLE_TYPE = "tripod:index:ServiceAccountRole"
"""The type of a component that is counted as one resource of its parent."""

Children = Mapping[str, list[Registration]]


def resource_tree(recording: Recording, title: str, *, full: bool = False) -> Tree:
    """The resources by component.

    Args:
        recording: the stack.
        title: the text of its root.
        full: if true, every resource by itself, instead of one line for each component.
    """
    children: defaultdict[str, list[Registration]] = defaultdict(list)
    for registration in recording.registrations.values():
        children[registration.parent if registration.parent in recording.registrations else ""].append(registration)
    for listed in children.values():
        listed.sort(key=lambda registration: registration.name)
    tree = Tree(Text.assemble((title, "bold"), (f" · {count_of(len(recording.registrations), 'resource')}", "dim")))
    _grow(tree, children, "", "", full=full)
    return tree


def _grow(tree: Tree, children: Children, parent: str, prefix: str, *, full: bool) -> None:
    below = children.get(parent, [])
    components = [one for one in below if not one.custom and (full or one.type != ROLE_TYPE)]
    width = max((len(component.name.removeprefix(prefix)) for component in components), default=0) + 1
    for component in components:
        below_it = children.get(component.urn, [])
        own = [one for one in below_it if one.custom or one.type == ROLE_TYPE]
        branch = tree.add(_component_line(component, own, prefix, width, full=full))
        _grow(branch, children, component.urn, f"{component.name}-", full=full)
    if full or not parent:
        for one in (one for one in below if one.custom):
            tree.add(_resource_line(one, prefix))


def _component_line(component: Registration, own: list[Registration], prefix: str, width: int, *, full: bool) -> Text:
    line = Text.assemble((f"{component.name.removeprefix(prefix):<{width}}", "bold cyan"))
    if full:
        line.append(component.type.rsplit(":", 1)[1], "dim")
        return line
    kinds = Counter(_kind(one) for one in own)
    shown_kinds = [(kind, number) for kind, number in kinds.items() if not kind.endswith(_SATELLITES)]
    shown_kinds.sort(key=lambda item: (_importance(item[0]), item[0]))
    line.append(", ".join(_counted(kind, number) for kind, number in shown_kinds[:4]))
    kept = sum(1 for one in own if one.retain)
    if kept:
        line.append("  kept", "yellow")
    return line


def _resource_line(one: Registration, prefix: str) -> Text:
    line = Text.assemble(f"{one.name.removeprefix(prefix):<40} ", (one.type, "dim"))
    if one.retain:
        line.append("  kept", "yellow")
    if one.protect:
        line.append("  protected", "yellow")
    return line


_SATELLITES = (
    "access block",
    "alias",
    "association",
    "attachment",
    "configuration",
    "controls",
    "options",
    "policy",
    "profile",
    "request",
    "reservation",
    "template",
    "version",
    "versioning",
    "accepter",
    "default security group",
    "cert",
    # Every add-on has these.
    "binding",
    "limit range",
    "namespace",
    "service account",
)
"""Kinds that only configure others: a folded tree leaves them out."""

_CALLED = {
    "bucket objectv2": "object",
    "eip": "elastic address",
    "group": "auto-scaling group",
    "instance": "database",
    "key": "customer key",
    "open id connect provider": "identity provider",
    "random password": "encryption key",
    "security group egress rule": "egress rule",
    "security group ingress rule": "ingress rule",
    "service account role": "role",
    "zone": "private zone",
}

_FIRST = (
    "release",
    "deployment",
    "daemon set",
    "job",
    "storage class",
    "vpc",
    "subnet",
    "nat gateway",
    "flow log",
    "auto-scaling group",
    "volume",
    "load balancer",
    "security group",
    "customer key",
    "role",
    "bucket",
    "secret",
    "database",
    "vpc peering connection",
)


def _importance(kind: str) -> int:
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _counted(kind: str, number: int) -> str:
    """A kind with its number; without, if there is one."""
    if number == 1:
        return kind
    return f"{number} {plural(kind)}"


def _kind(one: Registration) -> str:
    """The last part of a type token, as words: SecurityGroup → security group."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", one.type.rsplit(":", 1)[1]).lower()
    return _CALLED.get(words, words)


def recording_json(recording: Recording) -> JsonObject:
    """A recording as data, secrets redacted; the same stack gives the same text."""
    return {
        "stack": recording.stack,
        "resources": [
            {
                "urn": one.urn,
                "type": one.type,
                "name": one.name,
                "parent": one.parent if one.parent in recording.registrations else None,
                "inputs": display_value(one.inputs),
                "dependencies": list(one.dependencies),
                "propertyDependencies": {key: list(urns) for key, urns in sorted(one.property_dependencies.items())},
                "provider": one.provider or None,
                "protect": one.protect,
                "retainOnDelete": one.retain,
                "ignoreChanges": list(one.ignore_changes),
            }
            for one in sorted(recording.registrations.values(), key=lambda one: one.urn)
        ],
        "outputs": display_value(recording.outputs),
    }
