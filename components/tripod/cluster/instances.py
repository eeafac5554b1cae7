"""The instances of a cluster: etcd members, the control plane, and workers behind a working API."""

from dataclasses import dataclass

from tripod.bootstrap.payload import BootPayload
from tripod.cluster.parts import ClusterParts
from tripod.compute.instance_types import architecture
from tripod.control_plane.endpoint import ApiEndpoint
from tripod.control_plane.group import ControlPlane
from tripod.core.component import with_spec
from tripod.encryption.keys import EncryptionKeys
from tripod.etcd.group import EtcdGroup
from tripod.iam.roles import InstanceRoles
from tripod.network.parts import NetworkParts
from tripod.pki.authorities import CertificateAuthorities
from tripod.security.groups import SecurityGroups
from tripod.workers.group import WorkerGroup


@dataclass(frozen=True)
class ClusterInstances:
    """Factory of a cluster's groups of instances.

    Attributes:
        parts: the cluster's other parts.
        network: their subnets.
        groups: their security groups.
        roles: their instance profiles.
        keys: the keys of their disks.
        payload: their boot payload.
    """

    parts: ClusterParts
    network: NetworkParts
    groups: SecurityGroups
    roles: InstanceRoles
    keys: EncryptionKeys
    payload: BootPayload

    def etcd(self, authorities: CertificateAuthorities) -> EtcdGroup:
        """Make the etcd members."""
        zones = self.network.zones
        reservations = [zone.member_reservation for zone in zones if zone.member_reservation]
        return EtcdGroup(
            self.parts.logical_name("etcd"),
            with_spec(
                self.parts.spec.etcd,
                **self.parts.owned_args,
                zones=self.parts.spec.network.zones,
                control_subnet_ids={zone.zone: zone.control_subnet_id for zone in zones},
                control_subnet_ranges={zone.zone: str(zone.control_range) for zone in zones},
                security_group_id=self.groups.etcd_id,
                instance_profile=self.roles.etcd_profile,
                storage_key_arn=self.keys.storage_key_arn,
                incarnation=self.parts.incarnation,
                image=self._image(self.parts.spec.etcd.instance_type),
                system=self.parts.spec.images.system,
                user_data={
                    place.key: self.payload.user_data("etcd", "etcd", place.key) for place in self.parts.placements
                },
                protect=self.parts.spec.cluster.protect,
            ),
            self.parts.opts(*self.network.egress, *reservations, *self.payload.objects(), *authorities.first_values()),
        )

    def control_plane(self, endpoint: ApiEndpoint, etcd: EtcdGroup) -> ControlPlane:
        """Make the control plane."""
        return ControlPlane(
            self.parts.logical_name("control-plane"),
            with_spec(
                self.parts.spec.control_plane,
                **self.parts.owned_args,
                zones=self.parts.spec.network.zones,
                control_subnet_ids={zone.zone: zone.control_subnet_id for zone in self.network.zones},
                security_group_id=self.groups.control_plane_id,
                instance_profile=self.roles.control_plane_profile,
                storage_key_arn=self.keys.storage_key_arn,
                target_group_arns=endpoint.target_group_arns,
                image=self._image(self.parts.spec.control_plane.instance_type),
                system=self.parts.spec.images.system,
                user_data=self.payload.user_data("control-plane", "control-plane"),
            ),
            self.parts.opts(*etcd.groups(), *endpoint.ready()),
        )

    def workers(self, control_plane: ControlPlane) -> list[WorkerGroup]:
        """Make worker groups, after a working API."""
        return [
            WorkerGroup(
                self.parts.logical_name("workers", group.name),
                with_spec(
                    group,
                    **self.parts.owned_args,
                    network_zones=self.parts.spec.network.zones,
                    node_subnet_ids={zone.zone: zone.nodes_subnet_id for zone in self.network.zones},
                    security_group_id=self.groups.workers_id,
                    instance_profile=self.roles.workers_profile,
                    storage_key_arn=self.keys.storage_key_arn,
                    image=self._image(group.instance_types[0]),
                    system=self.parts.spec.images.system,
                    user_data=self.payload.user_data(f"workers-{group.name}", "workers", group.name),
                ),
                self.parts.opts(*self.network.egress, *control_plane.groups()),
            )
            for group in self.parts.spec.workers
        ]

    def _image(self, instance_type: str) -> str:
        """The image of a type's architecture; the specification was checked to have one."""
        return self.parts.spec.images.by_architecture()[architecture(instance_type) or ""]
