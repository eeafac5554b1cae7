"""A cluster's network in a test: addresses, authorities, and the instances and members that the test asks for."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from support.controlplane.authority import Authority, Issued, Usage
from support.controlplane.etcd import configuration
from support.controlplane.etcd.client import Credentials
from support.controlplane.etcd.configuration import MemberConfiguration
from support.controlplane.etcd.members import EtcdCluster, Member
from support.controlplane.instances.instance import Instance
from tripod.network.addresses import AddressPlan, Tier, member_reservation

VPC = IPv4Network("10.10.0.0/16")
ZONES = 3
_PLAN = AddressPlan(VPC)


def member_address(zone: int) -> IPv4Address:
    """The address that the plan gives a zone's first etcd member."""
    return member_reservation(_PLAN.subnet(Tier.CONTROL, zone))[0]


def node_address(zone: int) -> IPv4Address:
    """An address that a control-plane node of a zone may have: beyond those that are kept for members."""
    return _PLAN.subnet(Tier.CONTROL, zone)[64]


MEMBERS = {f"etcd-{zone}": member_address(zone) for zone in range(ZONES)}
"""Name → address of the members of a cluster of three."""


class Network:
    """Instances, members and authorities of a test, to be closed when it ends.

    Attributes:
        etcd_authority: signs members, as in the product.
        client_authority: signs those that call members.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        self.etcd_authority = Authority("etcd")
        self.client_authority = Authority("etcd-clients")
        self._folder = folder
        self._programs = programs
        self._instances: list[Instance] = []

    def instance(self, name: str, address: IPv4Address) -> Instance:
        """An instance."""
        made = Instance(name, address, VPC, self._folder, self._programs)
        self._instances.append(made)
        return made

    def credentials(self, name: str, issued: Issued | None = None) -> Credentials:
        """The credentials of a client of etcd; by default a certificate that members trust."""
        own = issued or self.client_authority.issue(name, [Usage.CLIENT])
        return Credentials.written(self._folder, name, self.etcd_authority.certificate, own)

    def member_configuration(
        self,
        name: str,
        *,
        extra: Sequence[str] = (),
        signed_by: Authority | None = None,
    ) -> MemberConfiguration:
        """The configuration of a member with a certificate of its own; by default one that the others trust."""
        # A server's certificate is a client's too: etcd's JSON gateway calls its own member with it.
        issued = (signed_by or self.etcd_authority).issue(
            name, addresses=(MEMBERS[name], IPv4Address("127.0.0.1")), names=("localhost",)
        )
        callers = self.client_authority.certificate + self.etcd_authority.certificate
        peers = self.etcd_authority.certificate
        return configuration.member(name, MEMBERS, issued, callers=callers, peers=peers, extra=extra)

    def etcd(self, extra: Sequence[str] = (), without: str = "") -> EtcdCluster:
        """Three members that are not started, each on an instance of its own; one may be left out."""
        credentials = self.credentials("test")
        return EtcdCluster(
            [
                Member(self.instance(name, address), self.member_configuration(name, extra=extra), credentials)
                for name, address in MEMBERS.items()
                if name != without
            ]
        )

    def give_up(self, instance: Instance) -> None:
        """Take an instance away; another may have its address."""
        self._instances.remove(instance)
        instance.terminate()

    def close(self) -> None:
        """Take everything away."""
        for instance in self._instances:
            instance.terminate()
