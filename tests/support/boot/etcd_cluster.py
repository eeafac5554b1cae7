"""A cluster of three members, of which one is a virtual machine and two are processes on this machine."""

import subprocess
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.boot import node
from support.boot.environment import Environment, environment
from support.boot.machine import Machine, Volume
from support.boot.releases import ETCD_RELEASES, Releases
from support.boot.servers import mirror
from support.controlplane.etcd.client import Client, Credentials
from support.controlplane.etcd.members import EtcdCluster
from support.controlplane.network import MEMBERS

BOOTED = "etcd-0"
"""The member that is a virtual machine."""
ADDRESS = MEMBERS[BOOTED]


@dataclass
class BootedCluster:
    """A cluster of which one member boots in a virtual machine.

    Attributes:
        environment: the emulated AWS and the other services.
        folder: the folder of the machine's files.
        image: the folder of the machine's image.
        programs: the folder of etcd's binaries.
        user_data: the user data of the instance that boots.
        published: the paths that the mirror of binaries has.
        asked: the paths that were requested from it.
        others: the members that are processes.
        credentials: those of an API server.
        instance: the id of the instance that boots.
        machine: the instance.
        volume: its member's volume.
    """

    environment: Environment
    folder: Path
    image: Path
    programs: Path
    user_data: str
    published: list[str]
    asked: list[str]
    others: EtcdCluster
    credentials: Credentials
    instance: str = ""
    machine: Machine = field(init=False)
    volume: Volume = field(init=False)

    def launch(self) -> None:
        """Launch an instance as the member's group does when there is none; its volume is new and blank."""
        account = self.environment.account
        self.volume = Volume.blank(node.member_volume(account, BOOTED), self.folder)
        self.instance = account.instance(node.ZONE)
        self.environment.serve_metadata(self.instance, "demo-etcd", self.user_data)
        self.machine = Machine(BOOTED, self.instance, ADDRESS, self.image, self.folder)
        self.machine.start()

    def attached(self) -> list[tuple[str, str]]:
        """The attachments of the volume: instance and device."""
        return self.environment.account.attachments(self.volume.name)

    def attach(self, seconds: float) -> None:
        """Plug the disk into the running instance when the agent has asked for its volume, as EC2 does."""
        self.machine.wait_until("asked for its volume", self.attached, seconds)
        self.machine.plug(self.volume)

    def lose(self) -> None:
        """Lose the instance and its volume, as with a zone's storage."""
        self.machine.terminate()
        self.environment.account.lose(self.instance, self.volume.name)

    def healthy(self, credentials: Credentials | None = None) -> bool:
        """True if the booted member answers linearizably, over TLS, to a client of the clients' authority."""
        with closing(Client(str(ADDRESS), (credentials or self.credentials).context(), 5)) as client:
            return client.healthy()

    def etcdctl(self, *arguments: str) -> str:
        """Call etcdctl for the booted member."""
        endpoint, flags = f"--endpoints=https://{ADDRESS}:2379", self.credentials.flags()
        command = (str(self.programs / "etcdctl"), endpoint, *flags, *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def close(self) -> None:
        """Take the instance away."""
        if self.instance:
            self.machine.terminate()


@contextmanager
def booted_cluster(router: str, built: tuple[Path, Path], folder: Path) -> Generator[BootedCluster]:
    """Have an account, its services and two members that wait for the third; nothing is booted yet.

    Args:
        router: the test's own address in the VPC.
        built: the folders of the machine's image and of etcd's binaries.
        folder: where files go.
    """
    image, programs = built
    with ExitStack() as stack:
        services = stack.enter_context(environment(router, ADDRESS, programs, folder))
        network, account = services.network, services.account
        releases = Releases(ETCD_RELEASES, programs)
        where, asked = stack.enter_context(mirror(router, releases.files))
        document = node.documents(releases.supply(where), services.certificates)["etcd"]
        node.put_member_secrets(account, network.etcd_authority)
        payload = node.put_payload(account, "etcd", document, MEMBERS)
        user_data = node.rendered("etcd", BOOTED, payload, document, account.endpoint)
        credentials = network.credentials("api-server")
        others = network.etcd(extra=(f"--initial-cluster-token={node.PATHS.etcd_token}",), without=BOOTED)
        published = list(releases.files)
        made = BootedCluster(services, folder, image, programs, user_data, published, asked, others, credentials)
        stack.callback(made.close)
        for member in others.members:
            member.start()
        yield made
