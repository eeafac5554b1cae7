"""A stack's resources, recorded as the program registers them: the SDK's monitor interface, without an engine."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Protocol, cast

from google.protobuf import empty_pb2
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_project, get_stack

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.rehearsal.autonames import with_autoname
from tripod.rehearsal.protocol_values import UNKNOWN, Secret, Unknown, is_secret, plain, read, write

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass
class Registration:
    """A resource, as the program declared it and as the backend created it.

    Attributes:
        urn: its URN.
        type: its type token.
        name: its logical name.
        parent: its parent's URN.
        custom: true if a provider manages it; false for a component.
        inputs: its inputs.
        dependencies: URNs that it comes after.
        property_dependencies: input → URNs that its value comes from.
        provider: URN and id of an explicit provider, or empty.
        protect: true if the engine refuses to delete it.
        retain: true if a destroy leaves it behind.
        ignore_changes: inputs whose later values are ignored.
        id: its physical id.
        outputs: its outputs, inputs among them.
    """

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: JsonObject
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    provider: str = ""
    protect: bool = False
    retain: bool = False
    ignore_changes: tuple[str, ...] = ()
    id: str | Unknown = ""
    outputs: JsonObject = field(default_factory=JsonObject)


class Backend(Protocol):
    """Creates resources and answers data sources."""

    def create(self, registration: Registration) -> tuple[str, JsonObject]:
        """Create a resource that a provider manages: its id, and its outputs beyond the inputs."""
        ...

    def invoke(self, function: str, arguments: JsonMapping, provider: str) -> JsonObject:
        """Answer a call of a provider function (a data source)."""
        ...


class Recorder(MockMonitor):
    """The monitor that a program talks to.

    Attributes:
        registrations: resources by URN, in the order of their creation.
        outputs: the stack's outputs.
        invokes: the calls of provider functions, each with its arguments.
    """

    def __init__(
        self, backend: Backend, on_done: Callable[[Registration], None] | None = None, *, preview: bool = False
    ) -> None:
        self.backend = backend
        self.registrations: dict[str, Registration] = {}
        self.outputs: JsonObject = {}
        self.invokes: list[tuple[str, JsonObject]] = []
        self._preview = preview
        self._on_done = on_done
        self._lock = threading.Lock()

    def features(self) -> set[int]:
        """Features of the monitor protocol that the SDK may use."""
        ask = cast("Callable[[object], resource_pb2.DeploymentInfo]", self.GetDeploymentInfo)
        return set(ask(empty_pb2.Empty()).supportedFeatures)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """A URN as the engine makes it: with the types of all ancestors but the stack."""
        ancestry = parent.split("::")[2] if parent else ""
        qualified = f"{ancestry}${type_}" if ancestry and ancestry != STACK_TYPE else type_
        return "::".join((f"urn:pulumi:{get_stack()}", get_project(), qualified, name))

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802 - the protocol's name
        """Record a resource and have the backend create it."""
        registration = self._registration(request)
        if registration.type != STACK_TYPE:
            self._create(registration, request.additionalSecretOutputs)
        state = write({**registration.inputs, **registration.outputs})
        id_ = registration.id if isinstance(registration.id, str) else ""
        return resource_pb2.RegisterResourceResponse(urn=registration.urn, id=id_, object=state)

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> NoReturn:  # noqa: N802
        """Refuse: a stack that reads what it does not own cannot be rehearsed."""
        raise UnhandledRequestError(f"{request.type} {request.name}: reading existing resources is not rehearsed")

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802
        """Have the backend answer a call of a provider function."""
        arguments = read(request.args)
        with self._lock:
            self.invokes.append((request.tok, arguments))
        answer = self.backend.invoke(request.tok, plain(arguments), request.provider)
        response = resource_pb2.ResourceInvokeResponse()
        # "return" is a word of the language: the field has no attribute of its name.
        getattr(response, "return").CopyFrom(write(answer))
        return response

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:  # noqa: N802
        """Record a component's, or the stack's, outputs."""
        outputs = read(request.outputs)
        with self._lock:
            if request.urn.split("::")[2] == STACK_TYPE:
                self.outputs = outputs
            else:
                self.registrations[request.urn].outputs = outputs
        return empty_pb2.Empty()

    def _registration(self, request: resource_pb2.RegisterResourceRequest) -> Registration:
        urn = self.make_urn(request.parent, request.type, request.name)
        return Registration(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=bool(request.custom),
            inputs=with_autoname(urn, request.type, read(request.object)),
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                name: tuple(sorted(sources.urns)) for name, sources in request.propertyDependencies.items()
            },
            provider=request.provider,
            protect=bool(request.protect),
            retain=bool(request.retainOnDelete),
            ignore_changes=tuple(request.ignoreChanges),
        )

    def _create(self, registration: Registration, secret_outputs: Sequence[str]) -> None:
        """Create a resource, unless it is a component, and record it."""
        with self._lock:
            if registration.urn in self.registrations:
                raise UnhandledRequestError(f"two resources are called {registration.urn}")
            self.registrations[registration.urn] = registration
        if registration.custom:
            if self._preview and not registration.type.startswith("pulumi:providers:"):
                registration.id = UNKNOWN
            else:
                registration.id, outputs = self.backend.create(registration)
                registration.outputs = _with_secrets(registration.inputs, outputs, secret_outputs)
        if self._on_done:
            self._on_done(registration)


class UnhandledRequestError(Exception):
    """The program asked for something that a rehearsal does not do."""


def _with_secrets(inputs: JsonMapping, outputs: JsonMapping, declared: Sequence[str]) -> JsonObject:
    """Outputs as the engine keeps them: those declared secret are, and those whose input was."""
    hidden = {*declared, *(name for name, value in inputs.items() if is_secret(value))}
    return {name: Secret(value) if name in hidden and value is not None else value for name, value in outputs.items()}
