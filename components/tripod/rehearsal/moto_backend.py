"""A rehearsal: each resource is created for real, in the emulated AWS."""

import threading

from botocore.exceptions import BotoCoreError, ClientError

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.rehearsal.handlers import (
    balancing,
    data_sources,
    identity,
    instances,
    names,
    network,
    random_and_tls,
    security,
    storage,
)
from tripod.rehearsal.handlers.context import Context, Handler
from tripod.rehearsal.inputs import Inputs, UnhandledInputError
from tripod.rehearsal.objects import KUBERNETES_TYPE, ComparedObjects, Objects, RefusedObjectError, object_id
from tripod.rehearsal.protocol_values import plain
from tripod.rehearsal.recorder import Registration
from tripod.stack.aws_clients import Clients

HANDLERS: dict[str, Handler] = {
    **network.HANDLERS,
    **security.HANDLERS,
    **identity.HANDLERS,
    **storage.HANDLERS,
    **instances.HANDLERS,
    **balancing.HANDLERS,
    **names.HANDLERS,
    **random_and_tls.HANDLERS,
}

PROVIDER_TYPE = "pulumi:providers:"


class RehearsalError(Exception):
    """The emulated AWS, or Kubernetes, refused a resource. The message names it."""


class MotoBackend:
    """The backend of `tripod rehearse`.

    Args:
        clients: clients of the emulated account.
        region: the region of the default provider.
        objects: destination of Kubernetes objects; by default they are compared with their schema.

    Attributes:
        objects: the same.
    """

    def __init__(self, clients: Clients, region: str, objects: Objects | None = None) -> None:
        self.objects: Objects = objects or ComparedObjects()
        self._clients = clients
        self._region = region
        self._provider_regions: dict[str, str] = {}
        self._lock = threading.Lock()

    def create(self, registration: Registration) -> tuple[str, JsonObject]:
        """Create a resource through boto3.

        Raises:
            UnhandledInputError: its type, or one of its inputs, is not handled; the message names it.
            RehearsalError: the emulator refused it.
        """
        values: JsonObject = plain(registration.inputs)
        if registration.type.startswith(PROVIDER_TYPE):
            with self._lock:
                self._provider_regions[registration.urn] = values.get("region", self._region)
            return registration.name, {}
        if registration.type.startswith(KUBERNETES_TYPE):
            return self._put(registration, values)
        handler = HANDLERS.get(registration.type)
        if handler is None:
            raise UnhandledInputError(
                f"{registration.type} {registration.name}: a rehearsal does not handle the type; "
                "teach it in tripod.rehearsal"
            )
        inputs = Inputs(registration.type, values)
        context = Context(self._clients, self._region_of(registration.provider), registration.urn)
        try:
            created = handler(context, inputs)
        except (ClientError, BotoCoreError) as error:
            raise RehearsalError(f"{registration.type} {registration.name}: {error}") from error
        inputs.finish()
        return created

    def invoke(self, function: str, arguments: JsonMapping, provider: str) -> JsonObject:
        """Answer a data source from the emulated account.

        Raises:
            UnhandledInputError: the function is not handled.
            RehearsalError: the emulator refused the call.
        """
        answer = data_sources.ANSWERS.get(function)
        if answer is None:
            raise UnhandledInputError(f"{function}: a rehearsal does not answer it; teach it in tripod.rehearsal")
        try:
            return answer(Context(self._clients, self._region_of(provider), function), arguments)
        except (ClientError, BotoCoreError) as error:
            raise RehearsalError(f"{function}: {error}") from error

    def _put(self, registration: Registration, values: JsonMapping) -> tuple[str, JsonObject]:
        try:
            self.objects.put(registration)
        except RefusedObjectError as error:
            raise RehearsalError(str(error)) from error
        return object_id(values), {}

    def _region_of(self, provider: str) -> str:
        """The region of a provider, by its reference: URN and id."""
        urn = provider.rpartition("::")[0]
        with self._lock:
            return self._provider_regions.get(urn, self._region)
