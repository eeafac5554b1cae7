"""The environment of a virtual machine: an emulated AWS, a metadata service, addresses, and authorities."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from support.boot import node
from support.boot.account import Account, emulated_aws_at
from support.boot.dhcp import dhcp_server
from support.boot.machine import mac_of
from support.boot.servers import MetadataService
from support.controlplane.authority import Authority
from support.controlplane.instances.namespace import BRIDGE, ip
from support.controlplane.network import VPC, Network
from tripod.pki.secret_names import SecretName

METADATA = "169.254.169.254"


@dataclass(frozen=True)
class Environment:
    """The services that a machine reaches when it boots.

    Attributes:
        network: the authorities of etcd, and instances that are processes.
        account: the emulated AWS.
        metadata: the instance metadata service.
        address: the address of the machine.
        cluster: the cluster's authority.
    """

    network: Network
    account: Account
    metadata: MetadataService
    address: IPv4Address
    cluster: Authority

    @property
    def certificates(self) -> dict[str, bytes]:
        """Secret → certificate, of the authorities that documents name."""
        return {
            SecretName.CLUSTER_CA: self.cluster.certificate,
            SecretName.ETCD_CA: self.network.etcd_authority.certificate,
            SecretName.ETCD_CLIENT_CA: self.network.client_authority.certificate,
        }

    def serve_metadata(self, instance: str, role: str, user_data: str) -> None:
        """Have the metadata service answer for an instance.

        Args:
            instance: its id.
            role: the role of its instance profile.
            user_data: its user data.
        """
        self.metadata.describe(
            instance=instance,
            address=str(self.address),
            mac=mac_of(self.address),
            zone=node.ZONE,
            role=role,
            user_data=user_data,
        )


@contextmanager
def environment(router: str, address: IPv4Address, programs: Path, folder: Path) -> Generator[Environment]:
    """Serve it while a block runs.

    Args:
        router: the test's own address in the VPC.
        address: where the machine will be.
        programs: the folder of etcd's binaries, and of the others.
        folder: where files go.
    """
    with ExitStack() as stack:
        ip(f"address add {METADATA}/32 dev {BRIDGE}")
        stack.callback(ip, f"address delete {METADATA}/32 dev {BRIDGE}")
        stack.enter_context(dhcp_server(IPv4Address(router), VPC, {mac_of(address): address}))
        network = Network(folder, programs)
        stack.callback(network.close)
        account = Account(stack.enter_context(emulated_aws_at(router)), node.REGION)
        metadata = MetadataService()
        stack.enter_context(metadata.served(METADATA))
        yield Environment(network, account, metadata, address, Authority("kubernetes"))
