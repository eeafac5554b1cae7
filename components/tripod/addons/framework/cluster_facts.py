"""What add-ons know of the cluster that they live in."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network
from typing import Any, NotRequired, TypedDict

import pulumi

from tripod.addons.framework.charts import ChartsSpec
from tripod.core.naming import owned_tags
from tripod.core.spec_types import ChartsSettings
from tripod.supply.images import mirrored_image

DNS_HOST = 10
"""Which address of the range of Services is the cluster's DNS; the kubelets' configuration says the same."""


class ClusterFactsArgs(TypedDict):
    """The cluster that an add-on lives in; ``Cluster.platform()`` gives it, and so can you."""

    cluster_name: str
    """The cluster's name."""
    environment: str
    """Which environment it serves. Production alone gets certificates that browsers trust."""
    region: str
    """Its region."""
    zones: list[str]
    """Its zones."""
    tags: dict[str, str]
    """Tags of what add-ons make in AWS."""
    vpc_cidr: str
    """The range of its VPC."""
    pod_cidr: str
    """The range of its pods."""
    service_cidr: str
    """The range of its Services."""
    node_ranges: list[str]
    """The ranges of its workers' subnets."""
    control_ranges: list[str]
    """The ranges of its members' and control-plane nodes' subnets."""
    cni: str
    """its network plugin: cilium or aws-vpc."""
    kubernetes: str
    """Its Kubernetes version."""
    ha: str
    """What it must survive: zone or node."""
    etcd_members: dict[str, str]
    """Member of etcd → its address."""
    etcd_metrics: bool
    """Whether the members' metrics are open to workers."""
    image_mirrors: NotRequired[dict[str, str]]
    """Registry → its mirror."""
    charts: NotRequired[ChartsSettings]
    """Where Helm charts come from; by default from the project of each."""
    api_endpoint: pulumi.Input[str]
    """The API's name and port within the VPC."""
    vpc_id: pulumi.Input[str]
    """Its VPC."""
    issuer_url: pulumi.Input[str]
    """The issuer of its service-account tokens."""
    issuer_provider_arn: pulumi.Input[str]
    """IAM's provider for it."""
    volume_key_arn: pulumi.Input[str]
    """The KMS key of its disks."""
    internal_zone: NotRequired[str]
    """The private zone of its VPC's names; without it, and without another, no service has a private name."""
    internal_zone_id: NotRequired[pulumi.Input[str]]
    """That zone's id."""
    gateway: NotRequired[bool]
    """Whether the network plugin serves the Gateway that everything is entered by. Default: false."""
    gateway_proxy_protocol: NotRequired[bool]
    """Whether what comes to that Gateway begins with a PROXY header. Default: false."""
    snapshot_bucket: NotRequired[pulumi.Input[str]]
    """The bucket of etcd's snapshots; without, nobody looks how old the newest is."""


_UNTOLD: dict[str, Any] = {
    "image_mirrors": {},
    "internal_zone": "",
    "internal_zone_id": "",
    "snapshot_bucket": "",
    "gateway": False,
    "gateway_proxy_protocol": False,
}


@dataclass(frozen=True)
class ClusterFacts:
    """The same, to render objects from.

    The attributes at the end may be unknown while a program runs: objects hold them, and nothing looks into them.

    Attributes:
        cluster_name: the cluster's name.
        environment: which environment it serves.
        region: its region.
        zones: its zones.
        tags: tags of what add-ons make in AWS.
        vpc_cidr: the range of its VPC.
        pod_cidr: the range of its pods.
        service_cidr: the range of its Services.
        node_ranges: the ranges of its workers' subnets.
        control_ranges: the ranges of its members' and control-plane nodes' subnets.
        cni: its network plugin.
        kubernetes: its Kubernetes version.
        ha: what it must survive.
        etcd_members: member of etcd → its address.
        etcd_metrics: whether the members' metrics are open to workers.
        image_mirrors: registry → its mirror.
        charts: where Helm charts come from.
        api_endpoint: the API's name and port; may be unknown.
        vpc_id: its VPC; may be unknown.
        issuer_url: the issuer of its service-account tokens; may be unknown.
        issuer_provider_arn: IAM's provider for it; may be unknown.
        volume_key_arn: the KMS key of its disks; may be unknown.
        internal_zone: the private zone of its VPC's names; "" where it has none.
        internal_zone_id: that zone's id; may be unknown.
        gateway: whether the network plugin serves the Gateway that everything is entered by.
        gateway_proxy_protocol: whether what comes to that Gateway begins with a PROXY header.
        snapshot_bucket: the bucket of etcd's snapshots, "" where it is not known; may be unknown.
    """

    cluster_name: str
    environment: str
    region: str
    zones: tuple[str, ...]
    tags: Mapping[str, str]
    vpc_cidr: str
    pod_cidr: str
    service_cidr: str
    node_ranges: tuple[str, ...]
    control_ranges: tuple[str, ...]
    cni: str
    kubernetes: str
    ha: str
    etcd_members: Mapping[str, str]
    etcd_metrics: bool
    image_mirrors: Mapping[str, str]
    charts: ChartsSpec
    api_endpoint: Any
    vpc_id: Any
    issuer_url: Any
    issuer_provider_arn: Any
    volume_key_arn: Any
    internal_zone: str
    internal_zone_id: Any
    gateway: bool
    gateway_proxy_protocol: bool
    snapshot_bucket: Any

    @classmethod
    def of(cls, args: ClusterFactsArgs) -> "ClusterFacts":
        """The platform of an add-on's arguments."""
        values: dict[str, Any] = {**_UNTOLD, **args}
        for name in ("zones", "node_ranges", "control_ranges"):
            values[name] = tuple(values[name])
        values["charts"] = ChartsSpec.load(args.get("charts", {}))
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    @property
    def production(self) -> bool:
        """Whether people outside rely on it."""
        return self.environment == "production"

    @property
    def backed_up(self) -> bool:
        """Whether it is known where etcd's snapshots are."""
        return not isinstance(self.snapshot_bucket, str) or bool(self.snapshot_bucket)

    @property
    def dns_address(self) -> str:
        """The address of the cluster's DNS."""
        return str(IPv4Network(self.service_cidr)[DNS_HOST])

    @property
    def api_host(self) -> Any:
        """The API's name, without its port."""
        return pulumi.Output.from_input(self.api_endpoint).apply(lambda endpoint: endpoint.partition(":")[0])

    @property
    def api_port(self) -> Any:
        """The API's port, as text."""
        return pulumi.Output.from_input(self.api_endpoint).apply(lambda endpoint: endpoint.rpartition(":")[2])

    @property
    def account_id(self) -> Any:
        """The account: that of the issuer's provider in IAM."""
        return pulumi.Output.from_input(self.issuer_provider_arn).apply(lambda arn: arn.split(":")[4])

    @property
    def api_service(self) -> str:
        """The address of the Service that pods reach the API by: the first of their range."""
        return str(IPv4Network(self.service_cidr)[1])

    def image(self, name: str) -> str:
        """An image's full name, in its registry's mirror where there is one.

        Args:
            name: registry first, such as registry.k8s.io/pause:3.10.2.
        """
        return mirrored_image(name, self.image_mirrors)

    def owned_tags(self, role: str, **more: str) -> dict[str, str]:
        """Tags of a thing in AWS.

        Args:
            role: what it is for.
            **more: further tags.
        """
        return owned_tags(self.cluster_name, self.tags, **{"tripod:role": role}, **more)
