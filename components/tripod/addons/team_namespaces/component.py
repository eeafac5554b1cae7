"""The add-on Namespaces: namespaces of teams."""

import base64
import json

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.secrets import secret_value
from tripod.addons.team_namespaces.objects import team_namespace
from tripod.addons.team_namespaces.spec import NamespacesSpec
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import NamespacesSettings


class NamespacesArgs(AddOnArgs, NamespacesSettings):
    """Arguments of Namespaces."""


class Namespaces(AddOn):
    """Teams' namespaces: default-deny, with limits and with credentials of registries.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    def __init__(self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(NamespacesSpec, args, NamespacesArgs)
        super().__init__("Namespaces", name, args, spec, opts)
        configs = {
            registry.name: secret_value(self, registry.credentials).apply(
                lambda credentials, server=registry.server: docker_config(server, credentials)
            )
            for registry in spec.registries
        }
        self.declare(*(manifest for team in spec.teams for manifest in team_namespace(team, configs)))
        self.register_outputs(annotated_outputs(self))


def docker_config(server: str, credentials: str | None) -> str:
    """Credentials of a registry as kubelets read them (.dockerconfigjson).

    Args:
        server: the registry's host.
        credentials: JSON with username and password; None if they were not read, as in a plan.

    Raises:
        pulumi.RunError: the credentials have another form; they are not shown.
    """
    if credentials is None:
        return json.dumps({"auths": {}})
    try:
        login: dict[str, str] = json.loads(credentials)
        pair = f"{login['username']}:{login['password']}".encode()
    except (ValueError, KeyError, TypeError):
        raise pulumi.RunError(f"the credentials of {server} are no JSON with username and password") from None
    return json.dumps({"auths": {server: {"auth": base64.b64encode(pair).decode()}}})
