"""etcd members on instances."""

import json
import shutil
from contextlib import closing
from typing import Any

from support.controlplane.etcd.client import Client, Credentials
from support.controlplane.etcd.configuration import ETCD_DATA, MemberConfiguration
from support.controlplane.instances.instance import Instance
from support.controlplane.instances.process import Process
from support.controlplane.instances.waiting import until


class Member(Process):
    """A member of an etcd cluster.

    Attributes:
        configuration: what it is started with; a test may change it while the member is down.
        credentials: what its test calls it with.
    """

    def __init__(self, instance: Instance, configuration: MemberConfiguration, credentials: Credentials) -> None:
        super().__init__(instance, "etcd", configuration.command)
        self.configuration = configuration
        self.credentials = credentials

    @property
    def address(self) -> str:
        """Its address."""
        return str(self.instance.address)

    @property
    def endpoint(self) -> str:
        """Its URL for clients."""
        return f"https://{self.address}:2379"

    def start(self) -> None:
        """Write its files and start it."""
        self.instance.write(self.configuration.files)
        self.command = tuple(self.configuration.command)
        super().start()

    def wipe(self) -> None:
        """Lose its volume; it must be down."""
        if self.running:
            raise RuntimeError(f"{self.instance.name} runs: a volume is lost with its instance")
        shutil.rmtree(self.instance.path(ETCD_DATA), ignore_errors=True)

    def client(self, seconds: float = 10) -> Client:
        """A connection to this member."""
        return Client(self.address, self.credentials.context(), seconds)

    def healthy(self) -> bool:
        """True if it has a leader and answers linearizably; an error where it does not answer at all."""
        with closing(self.client(2)) as client:
            return client.healthy()

    def wait_healthy(self, seconds: float = 60) -> float:
        """Wait until it answers linearizably; return the seconds that it took."""
        return self.wait_until("healthy", self.healthy, seconds)

    def etcdctl(self, *arguments: str, seconds: float = 60) -> Any:
        """Call etcdctl for this member, and read its answer.

        Raises:
            CommandError: it fails, with what it said.
        """
        command = self.etcdctl_command("--write-out=json", *arguments)
        answer = self.instance.run(*command, seconds=seconds).stdout.strip()
        return json.loads(answer) if answer.startswith(("{", "[")) else answer

    def etcdctl_command(self, *arguments: str) -> tuple[str, ...]:
        """An etcdctl command line for this member."""
        return ("etcdctl", f"--endpoints={self.endpoint}", *self.credentials.flags(), *arguments)


class EtcdCluster:
    """The members of a cluster.

    Attributes:
        members: all of them, running or not.
    """

    def __init__(self, members: list[Member]) -> None:
        self.members = members

    @property
    def addresses(self) -> list[str]:
        """The addresses of its members."""
        return [member.address for member in self.members]

    def start(self) -> float:
        """Start the members that are down, and wait until all are healthy; return the seconds that it took."""
        for member in self.members:
            if not member.running:
                member.start()
        return sum(member.wait_healthy() for member in self.members)

    def kill(self) -> None:
        """Kill every member."""
        for member in self.members:
            member.kill()

    def leader(self, seconds: float = 10) -> Member:
        """The member that leads, waiting for an election where there is none."""
        found: list[Member] = []

        def one_leads() -> bool:
            found[:] = [member for member in self.members if member.running and _leads(member)]
            return len(found) == 1

        until("a leader", one_leads, seconds)
        return found[0]

    def followers(self) -> list[Member]:
        """The members that do not lead."""
        leader = self.leader()
        return [member for member in self.members if member is not leader]


def _leads(member: Member) -> bool:
    with closing(member.client(2)) as client:
        status = client.status()
    return status.get("leader") == status["header"]["member_id"]
