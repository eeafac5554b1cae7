"""The component DatabaseBinding: a name for a database in the cluster, for the services that use it."""

from typing import NotRequired

import pulumi

from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.problems import raise_if_any
from tripod.core.spec_types import DatabaseBindingSettings
from tripod.workloads.network_policies import database_binding
from tripod.workloads.spec import DatabaseBindingSpec, endpoint_problems


class DatabaseBindingArgs(DatabaseBindingSettings):
    """Arguments of DatabaseBinding."""

    endpoint: pulumi.Input[str]
    """The database's DNS name, such as one from DatabasePeering. Never an address: AWS may change it."""
    credentials: NotRequired[dict[str, pulumi.Input[str]]]
    """Key → value of the Secret with the applications' credentials; pass Pulumi secrets."""


class DatabaseBinding(ObjectsComponent):
    """A database for services of the cluster: a Service for its DNS name, a Secret, and network policies of its users.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: DatabaseBindingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(DatabaseBindingSpec, args, DatabaseBindingArgs)
        endpoint = args["endpoint"]
        if isinstance(endpoint, str):
            _require_name(endpoint)
        else:
            endpoint = pulumi.Output.from_input(endpoint).apply(_require_name)
        super().__init__("DatabaseBinding", name, args, {}, opts)
        credentials = {
            key: pulumi.Output.secret(pulumi.Output.from_input(value))
            for key, value in args.get("credentials", {}).items()
        }
        self.declare(*database_binding(spec, endpoint, credentials.items()))
        self.register_outputs(annotated_outputs(self))


def _require_name(endpoint: str) -> str:
    """Return the endpoint.

    Raises:
        ConfigurationError: it is an address.
    """
    raise_if_any(endpoint_problems(endpoint))
    return endpoint
