"""The component AddOns: everything that lives in a cluster, in the order in which it is needed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_kubernetes as kubernetes

from tripod.addons.cilium import Cilium
from tripod.addons.cloud_controller import CloudController
from tripod.addons.core_dns import CoreDns
from tripod.addons.metrics_server import MetricsServer
from tripod.addons.platform import PlatformArgs
from tripod.addons.spec import AddOnsSpec
from tripod.addons.spec.common import AddOnSpec
from tripod.problems import camel_case
from tripod.scope import preceding, settings
from tripod.settings import AddOnsSettings

NETWORK_PLUGINS: Mapping[str, Sequence[tuple[str, Callable[..., pulumi.Resource]]]] = {
    "cilium": (("cilium", Cilium),),
}
"""Network plugin → the add-ons that it is made of, each after those before it."""


class AddOnsArgs(AddOnsSettings):
    """Arguments of AddOns."""

    kubeconfig: pulumi.Input[str]
    """How the cluster's API is reached; a secret."""
    platform: PlatformArgs
    """The cluster; `Cluster.platform()` gives it."""


class AddOns(pulumi.ComponentResource):
    """What lives in a cluster. It needs a kubeconfig and no Cluster.

    What its options say it comes after, it waits for: a cluster whose API answers. What they say it is deleted
    with, those of its objects are that own nothing outside the cluster.

    Raises:
        ConfigurationError: the arguments are refused; every problem at once, nothing made.

    Attributes:
        provider: the provider of everything in the cluster.
    """

    def __init__(self, name: str, args: AddOnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = AddOnsSpec.load(settings(args, AddOnsArgs, AddOnsSpec))
        super().__init__("tripod:index:AddOns", name, dict(args), opts)
        self._name, self._spec = name, spec
        self._deleted_with = opts.deleted_with if opts else None
        self._platform = cast("PlatformArgs", {**args["platform"], "charts": spec.charts.plain()})
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=args["kubeconfig"],
            # The same cluster behind another address is still the same.
            cluster_identifier=args["platform"]["cluster_name"],
            enable_server_side_apply=True,
            # Whatever uses the provider waits with it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=preceding(opts)),
        )
        self._install()
        self.register_outputs({})

    def options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """The options of an add-on of your own.

        Args:
            *after: what it comes after, beside a cluster whose API answers.
        """
        return pulumi.ResourceOptions(
            parent=self,
            provider=self.provider,
            depends_on=[*after],
            deleted_with=self._deleted_with,
        )

    def _install(self) -> None:
        # Nodes are tainted until the cloud controller knows them, and not ready until their pods have a network.
        first = (*self._network_plugin(), *self._add("cloud_controller", CloudController))
        dns = self._add("core_dns", CoreDns, *first)
        self._add("metrics_server", MetricsServer, *dns)

    def _network_plugin(self) -> tuple[pulumi.Resource, ...]:
        made: tuple[pulumi.Resource, ...] = ()
        for field, add_on in NETWORK_PLUGINS[self._platform["cni"]]:
            made = (*made, *self._add(field, add_on, *made))
        return made

    def _add(
        self, field: str, add_on: Callable[..., pulumi.Resource], *after: pulumi.Resource
    ) -> tuple[pulumi.Resource, ...]:
        """Install an add-on, unless it is left out.

        Args:
            field: its settings' name.
            add_on: its class.
            *after: what it comes after.
        """
        if camel_case(field) in self._spec.without:
            return ()
        told: AddOnSpec = getattr(self._spec, field)
        args: Mapping[str, Any] = {**told.plain(), "platform": self._platform}
        return (add_on(f"{self._name}-{field.replace('_', '-')}", args, self.options(*after)),)
