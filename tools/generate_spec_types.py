"""components/tripod/core/spec_types.py: the typed dictionaries that components take, from the specifications.

The specifications are pydantic models, which Pulumi's analyzer cannot host for other languages; typed
dictionaries it can.
"""

import sys
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pulumi

if __name__ == "__main__":
    # The library's public module and the cluster facts import the file written here: both are read without it.
    library = types.ModuleType("tripod")
    library.__path__ = [str(Path(__file__).parent.parent / "components" / "tripod")]
    spec_types = types.ModuleType("tripod.core.spec_types")
    vars(spec_types)["ClusterFactsArgs"] = dict
    sys.modules.update({"tripod": library, "tripod.core.spec_types": spec_types})

from field_descriptions import descriptions
from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.spec import AddOnsSpec
from tripod.cluster.spec import ClusterSpec
from tripod.core.sectioned_spec import SectionedSpec
from tripod.core.spec import Spec
from tripod.database.spec import PeerSpec
from tripod.dns.spec import CutoverSpec
from tripod.workloads.spec import AllowCallsSpec, BlueGreenSpec, DatabaseBindingSpec, WebServiceSpec

ROOTS: tuple[type[Spec], ...] = (
    ClusterSpec,
    PeerSpec,
    AddOnsSpec,
    ClusterFacts,
    CutoverSpec,
    WebServiceSpec,
    BlueGreenSpec,
    DatabaseBindingSpec,
    AllowCallsSpec,
)

HEADER = '''"""The plain settings that components take. Written by `make generate`."""

from typing import Any, NotRequired, TypedDict

import pulumi
'''


def nested(annotation: Any) -> list[type[Spec]]:
    """The specifications that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return [annotation]
    return [spec for part in get_args(annotation) for spec in nested(part)]


def in_order(roots: tuple[type[Spec], ...]) -> list[type[Spec]]:
    """Every specification, those that others mention first."""
    found: list[type[Spec]] = []

    def visit(spec: type[Spec]) -> None:
        for field in spec.model_fields.values():
            for inner in nested(field.annotation):
                visit(inner)
        if spec not in found:
            found.append(spec)

    for root in roots:
        visit(root)
    return found


def settings_name(spec: type[Spec]) -> str:
    """``EtcdSpec`` → ``EtcdSettings``; ``ClusterFacts`` → ``ClusterFactsArgs``."""
    name = spec.__name__.removesuffix("Spec")
    return name + ("Args" if name == spec.__name__ else "Settings")


def written(annotation: Any) -> str:
    """An annotation as the analyzer takes it: no literals, no unions, no tuples."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return settings_name(annotation)
    if origin is Annotated:
        return written(arguments[0])
    if origin is Literal:
        return type(arguments[0]).__name__
    if pulumi.Output[str] in arguments:
        return "pulumi.Input[str]"
    if origin in (Union, types.UnionType):
        return written(next(part for part in arguments if part is not type(None)))
    if origin is tuple:
        return f"list[{written(arguments[0])}]"
    if origin is dict:
        return f"dict[{written(arguments[0])}, {written(arguments[1])}]"
    return annotation.__name__


def indented(text: str) -> str:
    """A docstring's text, its following lines indented alike."""
    return "\n".join(f"    {line.strip()}".rstrip() for line in text.strip().splitlines()).lstrip()


def definition(spec: type[Spec]) -> str:
    """The typed dictionary of one specification."""
    lines = [f"class {settings_name(spec)}(TypedDict):", f'    """{indented(spec.__doc__ or "")}"""', ""]
    for name, field in spec.model_fields.items():
        kind = written(field.annotation)
        lines.append(f"    {name}: {kind if field.is_required() else f'NotRequired[{kind}]'}")
        lines.append(f'    """{indented(descriptions(spec).get(name, ""))}"""')
    return "\n".join(lines)


def generated_spec_types() -> str:
    """The whole file."""
    specs = [spec for spec in in_order(ROOTS) if spec not in (Spec, SectionedSpec)]
    return HEADER + "".join(f"\n\n{definition(spec)}\n" for spec in specs)


if __name__ == "__main__":
    sys.stdout.write(generated_spec_types())
