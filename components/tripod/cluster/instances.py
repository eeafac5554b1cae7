"""The instances of a cluster: members, the control plane, and workers behind a working API."""

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
    """What instances need, and how they are made from it.

    Attributes:
        assembly: the cluster.
        network: where they stand.
        groups: who may speak with them.
        roles: what they may do.
        keys: what encrypts their disks.
        payload: what they boot from.
    """

    assembly: ClusterParts
    network: NetworkParts
    groups: SecurityGroups
    roles: InstanceRoles
    keys: EncryptionKeys
    payload: BootPayload

    def etcd(self, authorities: CertificateAuthorities) -> EtcdGroup:
        """The members."""
        zones = self.network.zones
        reservations = [zone.member_reservation for zone in zones if zone.member_reservation]
        return EtcdGroup(
            self.assembly.named("etcd"),
            with_spec(
                self.assembly.spec.etcd,
                **self.assembly.owned,
                zones=self.assembly.spec.network.zones,
                control_subnet_ids={zone.zone: zone.control for zone in zones},
                control_subnet_ranges={zone.zone: str(zone.control_range) for zone in zones},
                security_group_id=self.groups.etcd_id,
                instance_profile=self.roles.etcd_profile,
                storage_key_arn=self.keys.storage_key_arn,
                incarnation=self.assembly.incarnation,
                image=self._image(self.assembly.spec.etcd.instance_type),
                system=self.assembly.spec.images.system,
                user_data={
                    place.key: self.payload.user_data("etcd", "etcd", place.key) for place in self.assembly.places
                },
                protect=self.assembly.spec.cluster.protect,
            ),
            self.assembly.opts(
                *self.network.egress, *reservations, *self.payload.objects(), *authorities.first_values()
            ),
        )

    def control_plane(self, endpoint: ApiEndpoint, etcd: EtcdGroup) -> ControlPlane:
        """The control plane."""
        return ControlPlane(
            self.assembly.named("control-plane"),
            with_spec(
                self.assembly.spec.control_plane,
                **self.assembly.owned,
                zones=self.assembly.spec.network.zones,
                control_subnet_ids={zone.zone: zone.control for zone in self.network.zones},
                security_group_id=self.groups.control_plane_id,
                instance_profile=self.roles.control_plane_profile,
                storage_key_arn=self.keys.storage_key_arn,
                target_group_arns=endpoint.target_group_arns,
                image=self._image(self.assembly.spec.control_plane.instance_type),
                system=self.assembly.spec.images.system,
                user_data=self.payload.user_data("control-plane", "control-plane"),
            ),
            self.assembly.opts(*etcd.groups(), *endpoint.ready()),
        )

    def workers(self, control_plane: ControlPlane) -> list[WorkerGroup]:
        """Worker groups, after a working API."""
        return [
            WorkerGroup(
                self.assembly.named("workers", group.name),
                with_spec(
                    group,
                    **self.assembly.owned,
                    network_zones=self.assembly.spec.network.zones,
                    node_subnet_ids={zone.zone: zone.nodes for zone in self.network.zones},
                    security_group_id=self.groups.workers_id,
                    instance_profile=self.roles.workers_profile,
                    storage_key_arn=self.keys.storage_key_arn,
                    image=self._image(group.instance_types[0]),
                    system=self.assembly.spec.images.system,
                    user_data=self.payload.user_data(f"workers-{group.name}", "workers", group.name),
                ),
                self.assembly.opts(*self.network.egress, *control_plane.groups()),
            )
            for group in self.assembly.spec.workers
        ]

    def _image(self, instance_type: str) -> str:
        """The image of a type's architecture; the specification's rules have seen to it that there is one."""
        return self.assembly.spec.images.by_architecture()[architecture(instance_type) or ""]
