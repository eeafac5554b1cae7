"""A cluster of three members, of which one is a virtual machine and two are processes on this machine."""

import subprocess
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from support.boot import node
from support.boot.ground import Ground, ground
from support.boot.machine import Machine, Volume
from support.boot.releases import ETCD_RELEASES, Releases
from support.boot.servers import mirror
from support.controlplane.authority import Authority
from support.controlplane.etcd.client import Client, Credentials
from support.controlplane.etcd.members import Cluster, Member
from support.controlplane.site import MEMBERS

BOOTED = "etcd-0"
"""The member that is a virtual machine."""


class Scene:
    """What a test has.

    Attributes:
        account: the emulated AWS.
        metadata: what EC2 tells the instance.
        published: the paths that the mirror of binaries has.
        asked: what it was asked for.
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
        found: Ground,
        releases: Releases,
        asked: list[str],
        user_data: str,
    ) -> None:
        site = found.site
        self.account = found.account
        self.metadata = found.metadata
        self.published = list(releases.files)
        self.asked = asked
        self._ground = found
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
        self._ground.tell(self.instance, "demo-etcd", self._user_data)
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
        with closing(Client(str(self.address), (credentials or self.credentials).context(), 5)) as client:
            return client.healthy()

    def etcdctl(self, *arguments: str) -> str:
        """Ask the booted member."""
        endpoint, flags = f"--endpoints=https://{self.address}:2379", self.credentials.flags()
        command = (str(self._programs / "etcdctl"), endpoint, *flags, *arguments)
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
    with ExitStack() as stack:
        found = stack.enter_context(ground(router, MEMBERS[BOOTED], programs, folder))
        site, account = found.site, found.account
        releases = Releases(ETCD_RELEASES, programs)
        where, asked = stack.enter_context(mirror(router, releases.files))
        document = node.documents(releases.supply(where), found.certificates)["etcd"]
        node.put_member_secrets(account, site.etcd_authority)
        payload = node.put_payload(account, "etcd", document, MEMBERS)
        user_data = node.rendered("etcd", BOOTED, payload, document, account.endpoint)
        made = Scene(folder, built, found, releases, asked, user_data)
        stack.callback(made.close)
        for member in made.others.members:
            member.start()
        yield made
