"""Facts of a cluster that add-ons render their objects from."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pydantic import ConfigDict, Field

from tripod.addons.framework.charts import ChartsSpec
from tripod.core.naming import ROLE_TAG, owned_tags
from tripod.core.problems import ConfigurationError
from tripod.core.spec import Spec, Whole
from tripod.core.spec_types import ClusterFactsArgs
from tripod.network.spec import LoadBalancerKind
from tripod.supply.images import mirrored_image

DNS_HOST = 10
"""Index of the cluster's DNS address in the range of Services; the kubelets' configuration has the same."""


class ClusterFacts(Spec):
    """Facts of the cluster that an add-on runs in; ``Cluster.facts()`` returns them, and any program can write them."""

    # Outputs may be unknown while a program runs: objects hold them, and nothing is decided by their values.
    model_config = ConfigDict(arbitrary_types_allowed=True)

    cluster_name: str
    """The cluster's name."""
    environment: str
    """Environment that it serves. Only production gets certificates that browsers trust."""
    region: str
    """Its region."""
    zones: tuple[str, ...]
    """Its zones."""
    tags: dict[str, str]
    """Tags of AWS resources that add-ons create."""
    vpc_cidr: str
    """The range of its VPC."""
    pod_cidr: str
    """The range of its pods."""
    service_cidr: str
    """The range of its Services."""
    node_ranges: tuple[str, ...]
    """The ranges of its workers' subnets."""
    control_ranges: tuple[str, ...]
    """The ranges of its etcd members' and control-plane nodes' subnets."""
    cni: Literal["cilium", "aws-vpc"]
    """Its network plugin: cilium or aws-vpc."""
    kubernetes: str
    """Its Kubernetes version."""
    ha: Literal["zone", "node"]
    """The failure that it survives: of a zone or of a node."""
    etcd_members: dict[str, str]
    """Member of etcd → its address."""
    etcd_metrics: bool
    """If true, workers may scrape the members' metrics."""
    image_mirrors: dict[str, str] = Field(default_factory=dict)
    """Registry → its mirror."""
    charts: ChartsSpec = ChartsSpec()
    """Source of Helm charts; by default the project of each."""
    api_endpoint: str | pulumi.Output[str]
    """The API's name and port within the VPC."""
    vpc_id: str | pulumi.Output[str]
    """Its VPC."""
    issuer_url: str | pulumi.Output[str]
    """The issuer of its service-account tokens."""
    issuer_provider_arn: str | pulumi.Output[str]
    """ARN of the issuer's OIDC provider in IAM."""
    accepted_providers: dict[str, str] | pulumi.Output[dict[str, str]] = Field(default_factory=dict)
    """Further issuers, while the issuer changes: URL → ARN of the provider."""
    volume_key_arn: str | pulumi.Output[str]
    """The KMS key of its disks."""
    internal_zone: str = ""
    """The private zone of its VPC's names; without it, and without another, no service has a private name."""
    internal_zone_id: str | pulumi.Output[str] = ""
    """That zone's id."""
    reserved_names: tuple[str, ...] = ()
    """Names, with all names within them, that no add-on writes in a private zone: the API's, and those of databases."""
    load_balancers: tuple[LoadBalancerKind, ...] = ("public", "internal")
    """Load balancers of Services that its security groups let reach the workers. Default: public and internal."""
    gateway: bool = False
    """If true, the network plugin serves the Gateway of the ingress. Default: false."""
    gateway_proxy_protocol: bool = False
    """If true, connections to that Gateway begin with a PROXY header. Default: false."""
    snapshot_bucket: str | pulumi.Output[str] = ""
    """The bucket of etcd's snapshots; without it, the age of the newest is not checked."""
    control_plane_nodes: Whole = 0
    """The control-plane nodes that must have registered before anything is installed. Default: 0, nothing waits."""
    tunnel_port: Whole = 0
    """The local port that the kubeconfig leads to, where each run opens a tunnel through Session Manager to a
    control-plane node. Default: 0, none is opened."""

    @classmethod
    def of(cls, given: "ClusterFacts | Mapping[str, object]") -> "ClusterFacts":
        """The facts in a component's argument ``cluster``.

        Args:
            given: facts, handed on as they are; or plain values, which are validated.

        Raises:
            ConfigurationError: the values are refused; with every problem at once.
        """
        if isinstance(given, ClusterFacts):
            return given
        facts, problems = cls.read(given)
        if facts is None or problems:
            raise ConfigurationError([problem.under("cluster") for problem in problems])
        return facts

    def plain(self) -> dict[str, Any]:
        """The values as a component's state records them; outputs stay as they are."""
        return self.model_dump()

    @property
    def production(self) -> bool:
        """True in the production environment."""
        return self.environment == "production"

    @property
    def backed_up(self) -> bool:
        """True if the bucket of etcd's snapshots is given."""
        return self.snapshot_bucket != ""

    @property
    def dns_address(self) -> str:
        """The address of the cluster's DNS."""
        return str(IPv4Network(self.service_cidr)[DNS_HOST])

    @property
    def api_host(self) -> pulumi.Output[str]:
        """The API's name, without its port."""
        return pulumi.Output.from_input(self.api_endpoint).apply(lambda endpoint: endpoint.partition(":")[0])

    @property
    def api_port(self) -> pulumi.Output[str]:
        """The API's port, as text."""
        return pulumi.Output.from_input(self.api_endpoint).apply(lambda endpoint: endpoint.rpartition(":")[2])

    @property
    def account_id(self) -> pulumi.Output[str]:
        """The account id, from the ARN of the issuer's provider in IAM."""
        return pulumi.Output.from_input(self.issuer_provider_arn).apply(lambda arn: arn.split(":")[4])

    @property
    def api_service(self) -> str:
        """The address of the API's Service: the first of the range."""
        return str(IPv4Network(self.service_cidr)[1])

    def image(self, name: str) -> str:
        """The full name of an image, in its registry's mirror where there is one.

        Args:
            name: registry first, such as registry.k8s.io/pause:3.10.2.
        """
        return mirrored_image(name, self.image_mirrors)

    def owned_tags(self, role: str, **more: str) -> dict[str, str]:
        """Tags of an AWS resource.

        Args:
            role: its purpose, in tag ``tripod:role``.
            **more: further tags.
        """
        return owned_tags(self.cluster_name, self.tags, **{ROLE_TAG: role}, **more)


if TYPE_CHECKING:
    ClusterInput = ClusterFacts | ClusterFactsArgs
else:  # Pulumi's analyzer takes no unions.
    ClusterInput = ClusterFactsArgs
"""Type of a component's argument ``cluster``."""
