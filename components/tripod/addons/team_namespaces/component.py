"""The add-on Namespaces: namespaces of teams."""

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.secrets import secret_value
from tripod.addons.team_namespaces.objects import docker_config, team_namespace
from tripod.addons.team_namespaces.spec import NamespacesSpec
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import NamespacesSettings


class NamespacesArgs(AddOnArgs, NamespacesSettings):
    """Arguments of Namespaces."""


class Namespaces(AddOn):
    """Teams' namespaces: default-deny, with limits and with credentials of registries.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
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
