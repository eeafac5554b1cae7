"""The component Cluster: the AWS half of a highly available Kubernetes cluster, from its parts."""

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.cluster.facts import cluster_facts
from tripod.cluster.instances import ClusterInstances
from tripod.cluster.parts import ClusterParts
from tripod.cluster.spec import ClusterSpec
from tripod.cluster.zone_failure import availability
from tripod.core.component import annotated_outputs, recorded_inputs, spec_of
from tripod.core.spec_types import ClusterSettings
from tripod.database.peering_spec import ClusterSide
from tripod.network.preflight import check_network

CLUSTER_TYPE = "tripod:index:Cluster"


class ClusterArgs(ClusterSettings):
    """Arguments of Cluster."""


class Cluster(pulumi.ComponentResource):
    """All AWS resources of a Kubernetes cluster, and its nodes.

    Any one instance may fail and, with ``cluster.ha: zone``, any one zone: the cluster serves on and heals itself.

    Raises:
        ConfigurationError: the arguments, zones or VPC to adopt are refused; every problem at once, nothing made.
    """

    endpoint: pulumi.Output[str]
    """The API's host name and port within the VPC."""
    certificate: pulumi.Output[str]
    """The cluster CA's certificate (PEM)."""
    kubeconfig: pulumi.Output[str]
    """A kubeconfig of the stack's own program; a secret."""
    vpc_id: pulumi.Output[str]
    """The VPC."""
    internal_zone_id: pulumi.Output[str]
    """The private zone."""
    workers_security_group_id: pulumi.Output[str]
    """The workers' security group, which a database must let in."""
    etcd_group_names: pulumi.Output[list[str]]
    """The etcd members' auto-scaling groups."""
    control_plane_group_names: pulumi.Output[list[str]]
    """The control plane's auto-scaling groups."""
    worker_group_names: pulumi.Output[list[str]]
    """The workers' auto-scaling groups."""
    issuer_url: pulumi.Output[str]
    """The issuer of service-account tokens."""
    issuer_provider_arn: pulumi.Output[str]
    """IAM's provider for it."""
    accepted_providers: pulumi.Output[dict[str, str]]
    """Further issuers, while the issuer changes: URL → IAM's provider."""
    tolerates_zone_failure: pulumi.Output[bool]
    """True if every part of the cluster survives the loss of any zone."""
    zone_failure_reasons: pulumi.Output[list[str]]
    """The parts that do not, each with the reason."""
    retained: pulumi.Output[dict[str, str]]
    """Resources that a destroy leaves behind: kind and name → id."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ClusterSpec, args, ClusterArgs)
        super().__init__(CLUSTER_TYPE, name, recorded_inputs(args), opts)
        check_network(spec.network, spec.region, spec.cluster.name, pulumi.InvokeOptions(parent=self), ("network",))
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        incarnation = random.RandomId(
            f"{name}-incarnation",
            byte_length=4,
            opts=pulumi.ResourceOptions(parent=self, protect=spec.cluster.protect),
        )
        self._make_parts(ClusterParts(name, self, spec, account, incarnation.hex))
        tolerance = availability(spec)
        self.tolerates_zone_failure = pulumi.Output.from_input(tolerance.tolerates_zone_failure)
        self.zone_failure_reasons = pulumi.Output.from_input([*tolerance.reasons])
        self.register_outputs(annotated_outputs(self))

    def facts(self) -> ClusterFacts:
        """The facts of the cluster that add-ons take as argument ``cluster``."""
        return self._facts

    def peering_side(self) -> ClusterSide:
        """The cluster's side of a peering, as arguments of DatabasePeering."""
        return self._peering_side

    def _make_parts(self, parts: ClusterParts) -> None:
        # Trust: keys, certificate authorities, the issuer of service accounts.
        keys = parts.keys()
        authorities = parts.authorities(keys)
        issuer = parts.issuer(authorities)

        # Network: subnets, security groups, the API's load balancer.
        network = parts.network(keys)
        groups = parts.security_groups(network)
        endpoint = parts.endpoint(network, groups)

        # Boot: buckets, roles and the documents that instances boot from.
        storage = parts.storage(keys)
        roles = parts.roles(keys, authorities, storage, issuer)
        payload = parts.payload(network, authorities, storage, endpoint, issuer, keys)

        # Instances: etcd, then the control plane, then, behind a working API, workers.
        instances = ClusterInstances(parts, network.parts(), groups, roles, keys, payload)
        etcd = instances.etcd(authorities)
        control_plane = instances.control_plane(endpoint, etcd)
        workers = instances.workers(control_plane)

        self.endpoint = endpoint.endpoint
        self.certificate = authorities.certificate
        self.kubeconfig = parts.kubeconfig(authorities, endpoint)
        self.vpc_id = network.vpc_id
        self.internal_zone_id = endpoint.zone_id
        self.workers_security_group_id = groups.workers_id
        self.etcd_group_names = etcd.group_names
        self.control_plane_group_names = control_plane.group_names
        self.worker_group_names = pulumi.Output.all(*(group.group_names for group in workers)).apply(
            lambda groups: [name for names in groups for name in names]
        )
        self.issuer_url = issuer.url
        self.issuer_provider_arn = issuer.provider_arn
        self.accepted_providers = issuer.accepted_providers
        self._peering_side = parts.peering_side(network, groups, endpoint, keys)
        members = parts.member_addresses(network)
        self._facts = cluster_facts(parts.spec, network.parts(), members, endpoint, issuer, keys, storage)
        self.retained = parts.retained(keys, authorities, storage, etcd)
