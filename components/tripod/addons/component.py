"""The component AddOns: everything that lives in a cluster, in the order in which it is needed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_kubernetes as kubernetes

from tripod.addons.aws_vpc_cni.component import AwsVpcCni
from tripod.addons.cert_manager.component import CertManager, Issuers
from tripod.addons.cilium.component import Cilium
from tripod.addons.cloud_controller.component import CloudController
from tripod.addons.cluster_autoscaler.component import ClusterAutoscaler
from tripod.addons.core_dns.component import CoreDns
from tripod.addons.dns_zones import Zone, certified_zone, private_zone, public_zone
from tripod.addons.ebs_csi.component import EbsCsi
from tripod.addons.egress_probe.component import EgressProbe
from tripod.addons.external_dns.component import ExternalDns
from tripod.addons.framework.cluster_facts import ClusterFactsArgs
from tripod.addons.framework.secrets import mark_secrets
from tripod.addons.framework.spec import AddOnSpec
from tripod.addons.ingress.arguments import gateway_problems
from tripod.addons.ingress.gateway import GatewayApi, GatewayEntrance
from tripod.addons.ingress.load_balancer import entrance_service
from tripod.addons.ingress.nginx import IngressNginx
from tripod.addons.kube_proxy.component import KubeProxy
from tripod.addons.logging.component import Logging
from tripod.addons.metrics.component import Metrics
from tripod.addons.metrics_server.component import MetricsServer
from tripod.addons.policies.component import Policies
from tripod.addons.snapshot_controller.component import SnapshotController
from tripod.addons.spec import AddOnsSpec
from tripod.addons.team_namespaces.component import Namespaces
from tripod.core.component import annotated_outputs, dependencies_of, recorded_inputs, spec_of, with_spec
from tripod.core.problems import camel_case, raise_if_any
from tripod.core.spec_types import AddOnsSettings

NETWORK_PLUGINS: Mapping[str, Sequence[tuple[str, Callable[..., pulumi.Resource]]]] = {
    "cilium": (("cilium", Cilium),),
    "aws-vpc": (("kube_proxy", KubeProxy), ("aws_vpc_cni", AwsVpcCni)),
}
"""Network plugin → the add-ons that it is made of, each after those before it."""


class AddOnsArgs(AddOnsSettings):
    """Arguments of AddOns."""

    kubeconfig: pulumi.Input[str]
    """How the cluster's API is reached; a secret."""
    platform: ClusterFactsArgs
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
        spec = spec_of(AddOnsSpec, args, AddOnsArgs)
        raise_if_any(found.under("ingress") for found in gateway_problems(args["platform"]["cni"], spec.ingress.kind))
        super().__init__("tripod:index:AddOns", name, mark_secrets(recorded_inputs(args)), opts)
        self._name, self._spec = name, spec
        self._deleted_with = opts.deleted_with if opts else None
        self._platform = self._told(args["platform"])
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=args["kubeconfig"],
            # The same cluster behind another address is still the same.
            cluster_identifier=args["platform"]["cluster_name"],
            enable_server_side_apply=True,
            # Whatever uses the provider waits with it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=dependencies_of(opts)),
        )
        self._install()
        self.register_outputs(annotated_outputs(self))

    def _told(self, platform: ClusterFactsArgs) -> ClusterFactsArgs:
        """The platform, with what add-ons need to know of one another."""
        ingress = self._spec.ingress
        served = ingress.kind == "gateway" and not self._left_out("ingress")
        more = {"gateway": served, "gateway_proxy_protocol": served and ingress.proxy_protocol}
        return cast("ClusterFactsArgs", {**platform, "charts": self._spec.charts.plain(), **more})

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
        ingress = self._spec.ingress
        self._add("policies", Policies, entrance="" if self._left_out("ingress") else entrance_service(ingress.kind))
        # Nodes are tainted until the cloud controller knows them, and not ready until their pods have a network.
        first = (*self._network_plugin(), *self._add("cloud_controller", CloudController))
        dns = self._add("core_dns", CoreDns, *first)
        self._add("egress_probe", EgressProbe, *dns)
        snapshots = self._add("snapshot_controller", SnapshotController, *dns)
        volumes = self._add("ebs_csi", EbsCsi, *dns, *snapshots, snapshots=bool(snapshots))
        self._add("metrics_server", MetricsServer, *dns)
        self._add("cluster_autoscaler", ClusterAutoscaler, *dns)
        self._add("logging", Logging, *dns)
        self._add("metrics", Metrics, *dns)
        entrance = self._install_entrance(*dns)
        # What teams have in them owns disks and names: it goes before the controllers that would take these away.
        self._add("namespaces", Namespaces, *volumes, *entrance)

    def _install_entrance(self, *after: pulumi.Resource) -> tuple[pulumi.Resource, ...]:
        """Certificates, the one way in, and names."""
        spec, platform = self._spec, self._platform
        public, certified = public_zone(spec), certified_zone(spec)
        told = {"zone_id": public.id} if public else {}
        certificates = self._add("cert_manager", CertManager, *after, **told)
        if certified:
            zone = {"zone": certified.name, "zone_id": certified.id}
            certificates = (*certificates, *self._add("issuers", Issuers, *certificates, **zone))
        entrance = GatewayEntrance if spec.ingress.kind == "gateway" else IngressNginx
        named = {"public_zone": certified.name} if certified else {}
        teams = [team.name for team in spec.namespaces.teams]
        return (
            *self._add("ingress", entrance, *after, *certificates, **named, namespaces=teams),
            *self._install_names("external_dns_public", public, *after),
            *self._install_names("external_dns_private", private_zone(spec, platform), *after),
        )

    def _install_names(self, field: str, zone: Zone | None, *after: pulumi.Resource) -> tuple[pulumi.Resource, ...]:
        if zone is None:
            return ()
        return self._add(
            field,
            ExternalDns,
            *after,
            visibility=field.rpartition("_")[2],
            zone=zone.name,
            zone_id=zone.id,
            excluded=[*zone.excluded],
            entrance=self._spec.ingress.kind,
        )

    def _network_plugin(self) -> tuple[pulumi.Resource, ...]:
        made: tuple[pulumi.Resource, ...] = ()
        if self._platform.get("gateway"):
            # Cilium looks for them when it starts.
            made = self._add("gateway_api", GatewayApi)
        for field, add_on in NETWORK_PLUGINS[self._platform["cni"]]:
            made = (*made, *self._add(field, add_on, *made))
        return made

    def _left_out(self, field: str) -> bool:
        return camel_case(field) in self._spec.without

    def _add(
        self, field: str, add_on: Callable[..., pulumi.Resource], *after: pulumi.Resource, **more: Any
    ) -> tuple[pulumi.Resource, ...]:
        """Install an add-on, unless it is left out.

        Args:
            field: its settings' name.
            add_on: its class.
            *after: what it comes after.
            **more: what it takes beside its settings.
        """
        if self._left_out(field):
            return ()
        spec: AddOnSpec = getattr(self._spec, field)
        args = with_spec(spec, platform=self._platform, **more)
        return (add_on(f"{self._name}-{field.replace('_', '-')}", args, self.options(*after)),)
