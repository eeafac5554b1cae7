"""Helpers of every component: names, parents and tags of its children, its specification and its outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar, cast

import pulumi
from pulumi.runtime.proto.resource_pb2_grpc import ResourceMonitorStub
from pulumi.runtime.settings import get_monitor

from tripod.core.naming import ROLE_TAG, owned_tags, physical_name
from tripod.core.spec import Spec

S = TypeVar("S", bound=Spec)


class OwnedArgs(TypedDict):
    """The cluster that a component's resources belong to."""

    cluster_name: str
    """The cluster's name, in every physical name and tag."""
    tags: dict[str, str]
    """Tags of every resource: project, owner, environment and what a team adds."""


@dataclass(frozen=True)
class ChildFactory:
    """Names, tags and options of a component's children.

    Attributes:
        name: the component's logical name, with which its children's begin.
        parent: the component.
        cluster: the cluster's name.
        base_tags: the stack's tags.
    """

    name: str
    parent: pulumi.ComponentResource
    cluster: str
    base_tags: Mapping[str, str]

    @classmethod
    def of(cls, name: str, parent: pulumi.ComponentResource, args: OwnedArgs) -> "ChildFactory":
        """The factory of a component, from its arguments."""
        return cls(name, parent, args["cluster_name"], args["tags"])

    def logical_name(self, *parts: str | int) -> str:
        """A child's logical name: it is the same in every stack."""
        return "-".join((self.name, *(str(part) for part in parts)))

    def physical_name(self, *parts: str | int, limit: int = 255) -> str:
        """A child's physical name: it carries the cluster's name."""
        return physical_name(self.cluster, *parts, limit=limit)

    def opts(self, **options: Any) -> pulumi.ResourceOptions:
        """A child's options."""
        return pulumi.ResourceOptions(parent=self.parent, **options)

    def retained_opts(self, protect: bool, **options: Any) -> pulumi.ResourceOptions:
        """Options of a child that holds data: it stays behind a destroy, and protected it refuses one."""
        return self.opts(retain_on_delete=True, protect=protect, **options)

    def tags(self, *parts: str | int, role: str, **more: str) -> dict[str, str]:
        """A child's tags.

        Args:
            *parts: the parts of its Name after the cluster's name.
            role: its purpose, in tag ``tripod:role``.
            **more: further tags.
        """
        return owned_tags(self.cluster, self.base_tags, Name=self.physical_name(*parts), **{ROLE_TAG: role}, **more)


def dependencies_of(opts: pulumi.ResourceOptions | None) -> list[pulumi.Input[pulumi.Resource]]:
    """The dependencies in a component's options. Its children wait for them only if they have them too."""
    given = opts.depends_on if opts else None
    if given is None:
        return []
    return list(given) if isinstance(given, Sequence) else [cast("pulumi.Input[pulumi.Resource]", given)]


def spec_values(args: Mapping[str, object], args_type: type, spec: type[Spec]) -> dict[str, object]:
    """Plain values of a specification among a component's arguments.

    Args:
        args: the arguments as they were passed.
        args_type: the component's arguments' class; what it declares beyond the specification are inputs that
            flow between components.
        spec: the specification that reads the settings. Unknown keys go to it, and it refuses them.
    """
    wiring = args_type.__annotations__.keys() - spec.model_fields.keys()
    return {key: value for key, value in args.items() if key not in wiring}


SPEC = "spec"
"""The key by which a component hands a validated specification on to another, beside the other's inputs."""


def with_spec(spec: Spec, **inputs: object) -> Any:
    """Arguments of a component, from a specification that is validated already.

    Args:
        spec: the specification that the component would otherwise read from its arguments.
        **inputs: its other arguments.
    """
    return {**inputs, SPEC: spec}


def runs_in_engine() -> bool:
    """Return True if Pulumi's engine runs the program; False in a plan, a rehearsal, or a test with mocks."""
    return isinstance(get_monitor(), ResourceMonitorStub)


def spec_of(spec: type[S], args: Mapping[str, object], args_type: type) -> S:
    """The specification of a component: the one that was handed on, or its arguments, validated.

    Raises:
        ConfigurationError: the arguments are refused; with every problem at once.
    """
    handed_on = args.get(SPEC)
    return handed_on if isinstance(handed_on, spec) else spec.load(spec_values(args, args_type, spec))


def recorded_inputs(args: Mapping[str, object]) -> dict[str, object]:
    """Arguments as a component's state holds them: plain values alone, in place of specifications."""
    spec = args.get(SPEC)
    if isinstance(spec, Spec):
        args = {**spec.plain(), **{name: value for name, value in args.items() if name != SPEC}}
    return {name: value.plain() if isinstance(value, Spec) else value for name, value in args.items()}


def annotated_outputs(component: pulumi.ComponentResource) -> dict[str, object]:
    """The outputs that a component's class declares."""
    return {name: getattr(component, name) for name in type(component).__annotations__}
