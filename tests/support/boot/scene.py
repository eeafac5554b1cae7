"""A cluster of three members, of which one is a virtual machine and two are processes on this machine."""

import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from support.boot import node
from support.boot.account import Account, emulated_aws_at
from support.boot.authority import TlsAuthority
from support.boot.dhcp import dhcp_server
from support.boot.machine import Machine, Volume, mac_of
from support.boot.servers import MetadataService, mirror
from support.controlplane.authority import Authority
from support.controlplane.client import Client, Credentials
from support.controlplane.etcd import Cluster, Member
from support.controlplane.namespace import BRIDGE
from support.controlplane.site import MEMBERS, VPC, Site

BOOTED = "etcd-0"
"""The member that is a virtual machine."""
METADATA = "169.254.169.254"


class Scene:
    """What a test has.

    Attributes:
        account: the emulated AWS.
        metadata: what EC2 tells the instance.
        asked: what the mirror of binaries was asked for.
        others: the members that are processes.
        instance: the id of the instance that boots.
        machine: the instance.
        volume: its member's volume.
        credentials: those of an API server.
        stranger: those of somebody whose authority members do not know.
    """

    def __init__(
        self,
        folder: Path,
        built: tuple[Path, Path],
        site: Site,
        account: Account,
        metadata: MetadataService,
        asked: list[str],
        user_data: str,
    ) -> None:
        self.account = account
        self.metadata = metadata
        self.asked = asked
        self._folder = folder
        self._image, self._programs = built
        self._user_data = user_data
        self.credentials = site.credentials("api-server")
        self.stranger = site.credentials("stranger", Authority("strangers").issue("stranger"))
        token = (f"--initial-cluster-token={node.PATHS.etcd_token}",)
        self.others = Cluster(
            [
                Member(site.instance(name, where), site.member_configuration(name, extra=token), site.credentials(name))
                for name, where in MEMBERS.items()
                if name != BOOTED
            ]
        )
        self.instance = ""
        self.machine: Machine
        self.volume: Volume

    @property
    def address(self) -> IPv4Address:
        """Where the booted member is."""
        return MEMBERS[BOOTED]

    def launch(self) -> None:
        """What the member's group does when there is no instance: launch one; its volume is new and blank."""
        name = node.member_volume(self.account, BOOTED)
        self.volume = Volume.blank(name, self._folder)
        self.instance = self.account.instance(node.ZONE)
        self.metadata.tell(
            instance=self.instance,
            address=str(self.address),
            mac=mac_of(self.address),
            zone=node.ZONE,
            role="demo-etcd",
            user_data=self._user_data,
        )
        self.machine = Machine(BOOTED, self.instance, self.address, self._image, self._folder)
        self.machine.start()

    def attach(self, seconds: float) -> None:
        """What EC2 does when the agent asks for its volume: the disk appears in the running instance."""
        self.machine.wait_until("asked for its volume", lambda: self.account.attachments(self.volume.name), seconds)
        self.machine.plug(self.volume)

    def lose(self) -> None:
        """Lose the instance and its volume, as with a zone's storage."""
        self.machine.terminate()
        self.account.lose(self.instance, self.volume.name)

    def healthy(self, credentials: Credentials | None = None) -> bool:
        """Whether the booted member answers linearizably, over TLS, to a client of the clients' authority."""
        client = Client(str(self.address), (credentials or self.credentials).context(), 5)
        try:
            return client.healthy()
        finally:
            client.close()

    def etcdctl(self, *arguments: str) -> str:
        """Ask the booted member."""
        shown = self.credentials
        files = (f"--cacert={shown.authority}", f"--cert={shown.certificate}", f"--key={shown.key}")
        command = (str(self._programs / "etcdctl"), f"--endpoints=https://{self.address}:2379", *files, *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def close(self) -> None:
        """Take the instance away."""
        if self.instance:
            self.machine.terminate()


@contextmanager
def scene(router: str, built: tuple[Path, Path], folder: Path) -> Generator[Scene]:
    """Have an account, its services and two members that wait for the third; nothing is booted yet.

    Args:
        router: the test's own address in the VPC.
        built: the folders of the machine's image and of etcd's binaries.
        folder: where files go.
    """
    programs = built[1]
    subprocess.run(["ip", "address", "add", f"{METADATA}/32", "dev", BRIDGE], check=True, capture_output=True)
    with ExitStack() as stack:
        stack.enter_context(dhcp_server(IPv4Address(router), VPC, {mac_of(MEMBERS[BOOTED]): MEMBERS[BOOTED]}))
        site = Site(folder, programs)
        site.etcd_authority = TlsAuthority("etcd")
        site.client_authority = TlsAuthority("etcd-clients")
        stack.callback(site.close)
        account = Account(stack.enter_context(emulated_aws_at(router)), node.REGION)
        metadata = MetadataService()
        stack.enter_context(metadata.served(METADATA))
        archive = node.release(programs)
        where, asked = stack.enter_context(mirror(router, {node.release_path(): archive}))
        document = node.document(where, archive, site.client_authority.certificate)
        payload = node.provision(account, document, MEMBERS, site.etcd_authority)
        user_data = node.rendered(BOOTED, payload, document, account.endpoint)
        made = Scene(folder, built, site, account, metadata, asked, user_data)
        stack.callback(made.close)
        for member in made.others.members:
            member.start()
        yield made
