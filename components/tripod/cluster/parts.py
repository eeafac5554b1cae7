"""Parts of a cluster, each made from the specification and the parts before it."""

from dataclasses import dataclass

import pulumi

from tripod.bootstrap.agent.instance.documents import TopologyDocument
from tripod.bootstrap.documents import document_text
from tripod.bootstrap.payload import BootPayload
from tripod.cluster.boot_documents import DeployedFacts, role_documents
from tripod.cluster.spec import ClusterSpec
from tripod.control_plane.endpoint import ApiEndpoint
from tripod.control_plane.kubeconfig import api_access, kubeconfig
from tripod.core.component import OwnedArgs, with_spec
from tripod.database.peering_spec import ClusterSide
from tripod.encryption.keys import EncryptionKeys
from tripod.etcd.group import EtcdGroup, member_addresses
from tripod.etcd.quorum import Placement, place_members
from tripod.iam.issuer import OidcIssuer
from tripod.iam.roles import InstanceRoles
from tripod.network.component import Network
from tripod.pki.authorities import CertificateAuthorities
from tripod.security.groups import SecurityGroups
from tripod.storage.component import ClusterStorage


@dataclass(frozen=True)
class ClusterParts:
    """Factory of a cluster's parts.

    Attributes:
        name: the cluster's logical name.
        parent: the cluster.
        spec: its specification.
        account_id: the account.
        incarnation: the cluster incarnation, which retained resources are named after.
    """

    name: str
    parent: pulumi.ComponentResource
    spec: ClusterSpec
    account_id: pulumi.Output[str]
    incarnation: pulumi.Output[str]

    @property
    def owned_args(self) -> OwnedArgs:
        """The cluster's name and tags."""
        return OwnedArgs(cluster_name=self.spec.cluster.name, tags=self.spec.cluster.all_tags())

    @property
    def placements(self) -> tuple[Placement, ...]:
        """The placement of etcd's members."""
        return place_members(self.spec.etcd.members, self.spec.network.zones, self.spec.etcd.placement)

    def logical_name(self, *parts: str) -> str:
        """A part's logical name."""
        return "-".join((self.name, *parts))

    def opts(self, *before: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a part that depends on some resources."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(before))

    def keys(self) -> EncryptionKeys:
        """Make the KMS keys."""
        return EncryptionKeys(
            self.logical_name("keys"),
            with_spec(
                self.spec.encryption,
                **self.owned_args,
                region=self.spec.region,
                account_id=self.account_id,
                incarnation=self.incarnation,
                protect=self.spec.cluster.protect,
            ),
            self.opts(),
        )

    def network(self, keys: EncryptionKeys) -> Network:
        """Make or adopt the VPC."""
        return Network(
            self.logical_name("network"),
            with_spec(
                self.spec.network,
                **self.owned_args,
                region=self.spec.region,
                account_id=self.account_id,
                log_key_arn=keys.storage_key_arn,
            ),
            self.opts(),
        )

    def security_groups(self, network: Network) -> SecurityGroups:
        """Make the security groups."""
        access = self.spec.access
        public = access.mode == "public-allow-list"
        kinds = self.spec.network.load_balancer_kinds
        return SecurityGroups(
            self.logical_name("security"),
            {
                **self.owned_args,
                "vpc_id": network.vpc_id,
                "cni": self.spec.network.cni,
                "etcd_metrics": self.spec.etcd.metrics,
                "runner_ranges": [] if public else list(access.allowed_ranges),
                "public_ranges": list(access.allowed_ranges) if public else [],
                "outward_ports": list(self.spec.control_plane.outward_ports),
                "load_balancers": list(kinds),
                "load_balancer_ranges": network.parts().load_balancer_ranges(kinds),
            },
            self.opts(),
        )

    def authorities(self, keys: EncryptionKeys) -> CertificateAuthorities:
        """Make the certificate authorities."""
        return CertificateAuthorities(
            self.logical_name("pki"),
            {
                **self.owned_args,
                "incarnation": self.incarnation,
                "key_arn": keys.secrets_key_arn,
                "protect": self.spec.cluster.protect,
            },
            self.opts(),
        )

    def storage(self, keys: EncryptionKeys) -> ClusterStorage:
        """Make the buckets."""
        return ClusterStorage(
            self.logical_name("storage"),
            {
                **self.owned_args,
                "incarnation": self.incarnation,
                "key_arn": keys.storage_key_arn,
                "retention_days": self.spec.etcd.snapshots.retention_days,
                "protect": self.spec.cluster.protect,
            },
            self.opts(),
        )

    def issuer(self, authorities: CertificateAuthorities) -> OidcIssuer:
        """Make the OIDC issuer for service accounts."""
        return OidcIssuer(
            self.logical_name("issuer"),
            with_spec(
                self.spec.issuer,
                **self.owned_args,
                region=self.spec.region,
                incarnation=self.incarnation,
                service_account_public_key=authorities.service_account_public_key,
            ),
            self.opts(),
        )

    def roles(
        self, keys: EncryptionKeys, authorities: CertificateAuthorities, storage: ClusterStorage, issuer: OidcIssuer
    ) -> InstanceRoles:
        """Make the instances' roles."""
        return InstanceRoles(
            self.logical_name("roles"),
            {
                **self.owned_args,
                "region": self.spec.region,
                "account_id": self.account_id,
                "incarnation": self.incarnation,
                "payload_bucket_arn": storage.payload_bucket_arn,
                "snapshot_bucket_arn": storage.snapshot_bucket_arn,
                "storage_key_arn": keys.storage_key_arn,
                "secrets_key_arn": keys.secrets_key_arn,
                "secret_arns": authorities.secret_arns,
                "issuer_provider_arn": issuer.provider_arn,
                "accepted_providers": issuer.accepted_providers,
                "ecr_repositories": list(self.spec.supply.ecr_repositories),
            },
            self.opts(),
        )

    def endpoint(self, network: Network, groups: SecurityGroups) -> ApiEndpoint:
        """Make the API's load balancer and name."""
        zones = network.parts().zones
        public = [zone.public_subnet_id for zone in zones if zone.public_subnet_id is not None]
        on_internet = self.spec.access.mode == "public-allow-list"
        return ApiEndpoint(
            self.logical_name("api"),
            {
                **self.owned_args,
                "vpc_id": network.vpc_id,
                "zone_name": self.spec.internal_zone,
                "control_subnet_ids": [zone.control_subnet_id for zone in zones],
                "security_group_id": groups.api_id,
                "public_subnet_ids": [*public] if on_internet else [],
                "public_security_group_id": groups.public_api_id.apply(lambda group: group or ""),
                "protect": self.spec.cluster.protect,
            },
            self.opts(),
        )

    def member_addresses(self, network: Network) -> dict[str, str]:
        """Member of etcd → its fixed address."""
        return member_addresses(self.placements, {zone.zone: zone.control_range for zone in network.parts().zones})

    def payload(
        self,
        network: Network,
        authorities: CertificateAuthorities,
        storage: ClusterStorage,
        endpoint: ApiEndpoint,
        issuer: OidcIssuer,
        keys: EncryptionKeys,
    ) -> BootPayload:
        """Make the boot payload of instances."""
        known = pulumi.Output.all(
            incarnation=self.incarnation,
            certificates=authorities.certificates,
            snapshot_bucket=storage.snapshot_bucket,
            secrets_key=keys.secrets_key_arn,
            endpoint=endpoint.endpoint,
            public_name=endpoint.public_dns_name,
            issuer=issuer.url,
            accepted_issuers=issuer.accepted_providers.apply(tuple),
        )
        documents = known.apply(lambda values: role_documents(self.spec, DeployedFacts(**values)))
        names = ["etcd", "control-plane", *(f"workers-{group.name}" for group in self.spec.workers)]
        members = self.member_addresses(network)
        return BootPayload(
            self.logical_name("payload"),
            {
                **self.owned_args,
                "region": self.spec.region,
                "bucket": storage.payload_bucket,
                "documents": {name: documents.apply(lambda found, name=name: found[name]) for name in names},
                "topology": self.incarnation.apply(
                    lambda incarnation: document_text(TopologyDocument(incarnation, self.spec.cluster.ha, members))
                ),
            },
            self.opts(),
        )

    def kubeconfig(self, authorities: CertificateAuthorities, endpoint: ApiEndpoint) -> pulumi.Output[str]:
        """The kubeconfig of the stack's own program; a secret."""
        access = self.spec.access
        known = pulumi.Output.all(
            endpoint=endpoint.endpoint,
            public_name=endpoint.public_dns_name,
            authority=authorities.certificate,
            certificate=authorities.deployer_certificate,
            key=authorities.deployer_private_key,
        )
        return pulumi.Output.secret(
            known.apply(
                lambda values: kubeconfig(
                    self.spec.cluster.name,
                    api_access(access.mode, values["endpoint"], access.tunnel_port, values["public_name"]),
                    values["authority"],
                    values["certificate"],
                    values["key"],
                )
            )
        )

    def peering_side(
        self, network: Network, groups: SecurityGroups, endpoint: ApiEndpoint, keys: EncryptionKeys
    ) -> ClusterSide:
        """The cluster's side of a peering."""
        parts, spec = network.parts(), self.spec
        return ClusterSide(
            **self.owned_args,
            region=spec.region,
            vpc_id=parts.vpc_id,
            cluster_ranges={
                "vpc": spec.network.cidr,
                "pods": spec.network.pod_cidr,
                "services": spec.network.service_cidr,
            },
            node_ranges={str(zone.slot): str(zone.nodes_range) for zone in parts.zones},
            private_route_tables=dict(parts.private_route_tables),
            workers_security_group_id=groups.workers_id,
            internal_zone_id=endpoint.zone_id,
            internal_zone=spec.internal_zone,
            incarnation=self.incarnation,
            secrets_key_arn=keys.secrets_key_arn,
            protect=spec.cluster.protect,
        )

    def retained(
        self, keys: EncryptionKeys, authorities: CertificateAuthorities, storage: ClusterStorage, etcd: EtcdGroup
    ) -> pulumi.Output[dict[str, str]]:
        """Resources that a destroy leaves behind: kind and name → id."""
        known = pulumi.Output.all(
            keys=keys.retained, secrets=authorities.secret_arns, bucket=storage.snapshot_bucket, volumes=etcd.volume_ids
        )
        return known.apply(
            lambda values: {
                **values["keys"],
                **{f"secret {purpose}": arn for purpose, arn in values["secrets"].items()},
                "snapshots": values["bucket"],
                **{f"volume {place.key}": id_ for place, id_ in zip(self.placements, values["volumes"], strict=True)},
            }
        )
