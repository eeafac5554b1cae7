"""A cluster's place in a test: its network, its authorities, and the instances and members that the test asks for."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from support.controlplane import configuration
from support.controlplane.authority import Authority, Issued, Usage, service_account_key
from support.controlplane.client import Credentials
from support.controlplane.configuration import MemberCertificates, MemberConfiguration
from support.controlplane.etcd import Cluster, Member
from support.controlplane.instance import Instance
from support.controlplane.nodes import ControlPlaneNode
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

KUBERNETES_PKI = "/etc/kubernetes/pki"


def shared_files() -> dict[str, bytes]:
    """What all control-plane nodes hold alike: their authorities and the key of service accounts."""
    cluster, front_proxy = Authority("kubernetes"), Authority("kubernetes-front-proxy")
    private, public = service_account_key()
    return {
        f"{KUBERNETES_PKI}/ca.crt": cluster.pair.certificate,
        f"{KUBERNETES_PKI}/ca.key": cluster.pair.key,
        f"{KUBERNETES_PKI}/front-proxy-ca.crt": front_proxy.pair.certificate,
        f"{KUBERNETES_PKI}/front-proxy-ca.key": front_proxy.pair.key,
        f"{KUBERNETES_PKI}/sa.key": private,
        f"{KUBERNETES_PKI}/sa.pub": public,
    }


class Site:
    """What a test makes, to be taken away when it ends.

    Attributes:
        etcd_authority: signs members, as in the product.
        client_authority: signs those that call members.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        self.etcd_authority = Authority("etcd")
        self.client_authority = Authority("etcd-clients")
        self._shared = shared_files()
        self._folder = folder
        self._programs = programs
        self._instances: list[Instance] = []

    def instance(self, name: str, address: IPv4Address) -> Instance:
        """An instance."""
        made = Instance(name, address, VPC, self._folder, self._programs)
        self._instances.append(made)
        return made

    def credentials(self, name: str, issued: Issued | None = None) -> Credentials:
        """What a client of etcd calls with; by default a certificate that members trust."""
        own = issued or self.client_authority.issue(name, [Usage.CLIENT])
        return Credentials.written(self._folder, name, self.etcd_authority.certificate, own)

    def member_configuration(
        self,
        name: str,
        members: Mapping[str, IPv4Address] = MEMBERS,
        *,
        state: str = "new",
        extra: Sequence[str] = (),
        signed_by: Authority | None = None,
    ) -> MemberConfiguration:
        """What a member is started with, with certificates of its own; by default such as the others trust."""
        # A server's certificate is a client's too: etcd's JSON gateway calls its own member with it.
        issued = (signed_by or self.etcd_authority).issue(
            name, addresses=(members[name], IPv4Address("127.0.0.1")), names=("localhost",)
        )
        callers = self.client_authority.certificate + self.etcd_authority.certificate
        certificates = MemberCertificates(callers, self.etcd_authority.certificate, server=issued, peer=issued)
        return configuration.member(name, members, certificates, state=state, extra=extra)

    def etcd(self, members: Mapping[str, IPv4Address] = MEMBERS, extra: Sequence[str] = ()) -> Cluster:
        """Members that are not started, each on an instance of its own."""
        credentials = self.credentials("test")
        return Cluster(
            [
                Member(self.instance(name, address), self.member_configuration(name, members, extra=extra), credentials)
                for name, address in members.items()
            ]
        )

    def control_plane(self, etcd: Cluster, nodes: int = ZONES) -> list[ControlPlaneNode]:
        """Control-plane nodes of one cluster, prepared by kubeadm and not started."""
        made: list[ControlPlaneNode] = []
        for zone in range(nodes):
            address = node_address(zone)
            node = ControlPlaneNode(self.instance(f"node-{zone}", address))
            client = self.client_authority.issue("kube-apiserver", [Usage.CLIENT])
            own = {
                f"{KUBERNETES_PKI}/etcd/ca.crt": self.etcd_authority.certificate,
                f"{KUBERNETES_PKI}/apiserver-etcd-client.crt": client.certificate,
                f"{KUBERNETES_PKI}/apiserver-etcd-client.key": client.key,
            }
            told = configuration.kubeadm(node.instance.name, address, etcd.addresses)
            node.prepare(told, {**self._shared, **own})
            made.append(node)
        return made

    def give_up(self, instance: Instance) -> None:
        """Take an instance away; another may have its address."""
        self._instances.remove(instance)
        instance.terminate()

    def close(self) -> None:
        """Take everything away."""
        for instance in self._instances:
            instance.terminate()
