"""The component AddOns: all add-ons of a cluster, in the order in which they are needed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from tripod.addons.aws_vpc_cni.component import AwsVpcCni
from tripod.addons.cert_manager.component import CertManager, Issuers
from tripod.addons.cilium.component import Cilium
from tripod.addons.cloud_controller.component import CloudController
from tripod.addons.cluster_autoscaler.component import ClusterAutoscaler
from tripod.addons.core_dns.component import CoreDns
from tripod.addons.dns_zones import Zone, certificate_zone, private_zone, public_zone
from tripod.addons.ebs_csi.component import EbsCsi
from tripod.addons.egress_probe.component import EgressProbe
from tripod.addons.external_dns.component import ExternalDns
from tripod.addons.framework.api_gate import ready_kubeconfig
from tripod.addons.framework.cluster_facts import ClusterFacts, ClusterInput
from tripod.addons.framework.secrets import mark_secrets
from tripod.addons.framework.spec import AddOnSpec
from tripod.addons.ingress.arguments import ingress_problems
from tripod.addons.ingress.constants import load_balancer_service
from tripod.addons.ingress.gateway import GatewayApi, GatewayIngress
from tripod.addons.ingress.nginx import IngressNginx
from tripod.addons.ingress.own_load_balancer import own_load_balancer
from tripod.addons.kube_proxy.component import KubeProxy
from tripod.addons.logging.component import Logging
from tripod.addons.metrics.alert_rules import evaluation
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
    """A kubeconfig for the cluster's API; a secret."""
    cluster: ClusterInput
    """The cluster; `Cluster.facts()` returns it."""


class AddOns(pulumi.ComponentResource):
    """All add-ons of a cluster. It needs a kubeconfig and no Cluster.

    The add-ons wait for what ``depends_on`` of its options names, then, with ``cluster.controlPlaneNodes``, until the
    API answers and these nodes have registered; see ``tripod.addons.framework.api_gate``. ``deleted_with`` of
    its options holds for those of its objects that own nothing outside the cluster.

    Raises:
        ConfigurationError: the arguments are refused; every problem at once, nothing made.

    Attributes:
        provider: the provider of everything in the cluster.
    """

    ingress_dns_name: pulumi.Output[str | None]
    """The DNS name of the ingress' load balancer; None without an ingress, or while it has no load balancer."""
    ingress_hosted_zone_id: pulumi.Output[str | None]
    """Its hosted zone, for an alias."""
    alerts: pulumi.Output[str]
    """A sentence that names the evaluator of the alert rules, and what is missing for it."""

    def __init__(self, name: str, args: AddOnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec, cluster = spec_of(AddOnsSpec, args, AddOnsArgs), ClusterFacts.of(args["cluster"])
        if "ingress" not in spec.without:
            found = ingress_problems(cluster.cni, cluster.load_balancers, spec.ingress)
            raise_if_any(problem.under("ingress") for problem in found)
        super().__init__("tripod:index:AddOns", name, mark_secrets(recorded_inputs(args)), opts)
        self._name, self._spec = name, spec
        self._deleted_with = opts.deleted_with if opts else None
        self._installed: list[pulumi.Resource] = []
        self._cluster = self._with_ingress(cluster)
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=ready_kubeconfig(args["kubeconfig"], cluster, self, dependencies_of(opts)),
            # The same cluster behind another address is still the same.
            cluster_identifier=cluster.cluster_name,
            enable_server_side_apply=True,
            # Whatever uses the provider waits with it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=dependencies_of(opts)),
        )
        self.ingress_dns_name = self.ingress_hosted_zone_id = pulumi.Output.from_input(None)
        absent = "nothing evaluates alert rules: addOns.without has metrics"
        self.alerts = pulumi.Output.from_input(absent if self._left_out("metrics") else evaluation(spec.metrics))
        self._install()
        self.register_outputs(annotated_outputs(self))

    def _with_ingress(self, cluster: ClusterFacts) -> ClusterFacts:
        """The facts with the source of charts, and with the ingress that the network plugin serves."""
        ingress = self._spec.ingress
        served = ingress.kind == "gateway" and not self._left_out("ingress")
        more = {"gateway": served, "gateway_proxy_protocol": served and ingress.proxy_protocol}
        return cluster.model_copy(update={"charts": self._spec.charts, **more})

    def facts(self) -> ClusterFacts:
        """Facts of the cluster for its services, with the private zone that external-dns writes their names in."""
        zone = None if self._left_out("external_dns_private") else private_zone(self._spec, self._cluster)
        more = (zone.name, zone.id, zone.excluded) if zone else ("", "", ())
        fields = ("internal_zone", "internal_zone_id", "reserved_names")
        return self._cluster.model_copy(update=dict(zip(fields, more, strict=True)))

    def options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of an add-on of your own.

        Args:
            *after: resources that it depends on, beside a cluster whose API answers.
        """
        return pulumi.ResourceOptions(
            parent=self,
            provider=self.provider,
            depends_on=[*after],
            deleted_with=self._deleted_with,
        )

    def _install(self) -> None:
        service = "" if self._left_out("ingress") else load_balancer_service(self._spec.ingress.kind)
        self._install_add_on("policies", Policies, ingress=service)
        # Nodes are tainted until the cloud controller has found them, and not ready until their pods have a network.
        first = (*self._install_network_plugin(), *self._install_add_on("cloud_controller", CloudController))
        dns = self._install_add_on("core_dns", CoreDns, *first)
        self._install_add_on("egress_probe", EgressProbe, *dns)
        snapshots = self._install_add_on("snapshot_controller", SnapshotController, *dns)
        volumes = self._install_add_on("ebs_csi", EbsCsi, *dns, *snapshots, snapshots=bool(snapshots))
        self._install_add_on("cluster_autoscaler", ClusterAutoscaler, *dns)
        self._install_add_on("logging", Logging, *dns)
        self._install_add_on("metrics", Metrics, *dns)
        ingress = self._install_ingress(*dns)
        # Teams' objects own disks and DNS records: they are deleted before the controllers that remove these.
        self._install_add_on("namespaces", Namespaces, *volumes, *ingress)
        # No namespace can be deleted while an aggregated API has no server: discovery must succeed (kubernetes,
        # pkg/controller/namespace/deletion/namespaced_resources_deleter.go). This one is deleted before any namespace.
        self._install_add_on("metrics_server", MetricsServer, *self._installed)

    def _install_ingress(self, *after: pulumi.Resource) -> tuple[pulumi.Resource, ...]:
        """Install certificates, the ingress and DNS records."""
        spec, cluster = self._spec, self._cluster
        public, certified = public_zone(spec), certificate_zone(spec)
        zone_id = {"zone_id": public.id} if public else {}
        certificates = self._install_add_on("cert_manager", CertManager, *after, **zone_id)
        if certified:
            zone = {"zone": certified.name, "zone_id": certified.id}
            certificates = (*certificates, *self._install_add_on("issuers", Issuers, *certificates, **zone))
        add_on = GatewayIngress if spec.ingress.kind == "gateway" else IngressNginx
        named = {"public_zone": certified.name} if certified else {}
        teams = [team.name for team in spec.namespaces.teams]
        ingress = self._install_add_on("ingress", add_on, *after, *certificates, **named, namespaces=teams)
        for made in ingress:
            found = own_load_balancer(cluster.cluster_name, spec.ingress.kind, made)
            self.ingress_dns_name, self.ingress_hosted_zone_id = found
        return (
            *ingress,
            *self._install_external_dns("external_dns_public", public, *after),
            *self._install_external_dns("external_dns_private", private_zone(spec, cluster), *after),
        )

    def _install_external_dns(
        self, field: str, zone: Zone | None, *after: pulumi.Resource
    ) -> tuple[pulumi.Resource, ...]:
        if zone is None:
            return ()
        return self._install_add_on(
            field,
            ExternalDns,
            *after,
            visibility=field.rpartition("_")[2],
            zone=zone.name,
            zone_id=zone.id,
            excluded=[*zone.excluded],
            ingress=self._spec.ingress.kind,
        )

    def _install_network_plugin(self) -> tuple[pulumi.Resource, ...]:
        made: tuple[pulumi.Resource, ...] = ()
        if self._cluster.gateway:
            # Cilium looks for its kinds when it starts.
            made = self._install_add_on("gateway_api", GatewayApi)
        for field, add_on in NETWORK_PLUGINS[self._cluster.cni]:
            made = (*made, *self._install_add_on(field, add_on, *made))
        return made

    def _left_out(self, field: str) -> bool:
        return camel_case(field) in self._spec.without

    def _install_add_on(
        self, field: str, add_on: Callable[..., pulumi.Resource], *after: pulumi.Resource, **more: Any
    ) -> tuple[pulumi.Resource, ...]:
        """Install an add-on, unless it is left out.

        Args:
            field: the name of its settings.
            add_on: its class.
            *after: resources that it depends on.
            **more: its arguments beside its settings.
        """
        if self._left_out(field):
            return ()
        spec: AddOnSpec = getattr(self._spec, field)
        args = with_spec(spec, cluster=self._cluster, **more)
        made = add_on(f"{self._name}-{field.replace('_', '-')}", args, self.options(*after))
        self._installed.append(made)
        return (made,)
