"""The boot agent of an etcd member, at work on an instance with real etcd."""

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from support.agent.emulated_ec2 import launch, make_volume
from support.agent.instance import BOOT, DOCUMENT, REGION, ZONE, KnownMetadata, aws
from support.controlplane.instances.host import MemberHost, Volume
from support.controlplane.instances.instance import Instance
from support.controlplane.instances.process import Process
from support.controlplane.instances.waiting import until
from support.controlplane.network import VPC, Network
from tripod.bootstrap.agent.aws.client import AwsClient
from tripod.bootstrap.agent.core.phases import run_phases
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.bootstrap.agent.etcd.config import UNIT
from tripod.bootstrap.agent.etcd.role import PHASES
from tripod.bootstrap.agent.instance.config import InstanceConfig
from tripod.bootstrap.agent.instance.context import Agent

ON_EVERY_BOOT = ("certificate", "membership", "start", "vote", "initialised")
"""The phases that need neither apt nor the Internet."""


class RunningMember(ABC):
    """An etcd member that the agent boots.

    Attributes:
        name: its name.
        address: its address.
        instance: its instance.
        host: its instance, as the agent knows it.
        lines: what its agent logged.
        id: its instance's id.
        zone: its instance's zone.
    """

    instance: Instance
    host: MemberHost
    id: str
    zone: str = ZONE

    def __init__(self, name: str, address: IPv4Address, folder: Path, programs: Path) -> None:
        """Make one without an instance.

        Args:
            name: its name.
            address: its address.
            folder: where volumes and logs are.
            programs: etcd's.
        """
        self.name = name
        self.address = address
        self.folder = folder
        self.programs = programs
        self.lines: list[str] = []

    def start_instance(self, host_name: str, volume: Volume) -> None:
        """Start an instance with a volume."""
        self.instance = Instance(host_name, self.address, VPC, self.folder, self.programs)
        self.host = MemberHost(self.instance.root, instance=self.instance, volume=volume)
        self.host.write("/sys/block/nvme1n1/device/serial", volume.id.replace("-", ""))

    @abstractmethod
    def config(self) -> InstanceConfig:
        """The instance's configuration."""

    @abstractmethod
    def cloud(self, retry_policy: RetryPolicy) -> AwsClient:
        """The emulated AWS."""

    def agent(self, seconds: float = 60, **changes: Any) -> Agent:
        """The agent's context; it retries for so many seconds."""
        retry = RetryPolicy(seconds, first=0.1, longest=1)
        entries = {
            "meta-data/instance-id": self.id,
            "meta-data/placement/availability-zone": self.zone,
            "meta-data/local-ipv4": str(self.address),
        }
        known = KnownMetadata(entries=entries)
        return Agent(self.host, self.config(), self.cloud(retry), known, self.lines.append, retry, **changes)

    def boot(self, *phases: str, seconds: float = 60) -> None:
        """Run phases; all by default."""
        chosen = [phase for phase in PHASES if phase.name in (phases or ON_EVERY_BOOT)]
        run_phases(chosen, self.agent(seconds), self.lines.append)

    @property
    def etcd(self) -> Process:
        """Its etcd."""
        return self.host.running[UNIT]

    def etcdctl_command(self, *command: str) -> tuple[str, ...]:
        """A command line of etcdctl, with the member's own certificate."""
        pki = "/etc/etcd/pki"
        access = (f"--endpoints=https://{self.address}:2379", f"--cacert={pki}/ca.crt")
        return ("etcdctl", *access, f"--cert={pki}/member.crt", f"--key={pki}/member.key", *command)

    def etcdctl(self, *command: str) -> Any:
        """Call etcdctl with the member's own certificate; again while the others have no leader."""
        answers: list[str] = []

        def answered() -> bool:
            answers.append(self.instance.run(*self.etcdctl_command("--write-out=json", *command)).stdout)
            return True

        until(f"an answer to {command}", answered, 60)
        return json.loads(answers[0])


def form(members: Sequence[RunningMember]) -> None:
    """Boot the members of a new cluster, at the same time as far as each waits for the others."""

    def settle(member: RunningMember) -> None:
        member.boot("certificate", "membership")

    with ThreadPoolExecutor() as pool:
        list(pool.map(settle, members))
    for member in members:
        member.host.run("systemctl", "start", "--no-block", UNIT)
    for member in members:
        member.boot()


def voters(member: RunningMember) -> list[str]:
    """The names of the members that have a vote, as one of them lists them."""
    listed = member.etcdctl("member", "list")["members"]
    return sorted(one["name"] for one in listed if not one.get("isLearner"))


def id_of(member: RunningMember) -> int:
    """Its id in the cluster."""
    return member.etcdctl("endpoint", "status")[0]["Status"]["header"]["member_id"]


def put(member: RunningMember, key: str) -> None:
    """Write a key."""
    member.etcdctl("put", key, "value")


def keys(member: RunningMember) -> int:
    """The number of keys that a majority has."""
    return member.etcdctl("get", "", "--from-key", "--keys-only")["count"]


class BootedMember(RunningMember):
    """A member with instances and volumes that a test replaces."""

    def __init__(self, network: Network, programs: Path, folder: Path, name: str, address: IPv4Address) -> None:
        """Launch its first instance.

        Args:
            network: its authorities.
            programs: etcd's.
            folder: where its volumes and logs are.
            name: its name.
            address: its address.
        """
        super().__init__(name, address, folder, programs)
        self._network = network
        self._count = 0
        self.volume = self._made_volume()
        self._launch()

    def config(self) -> InstanceConfig:
        document = replace(DOCUMENT, client_ca=self._network.client_authority.certificate.decode())
        return InstanceConfig(replace(BOOT, name=self.name), document)

    def cloud(self, retry_policy: RetryPolicy) -> AwsClient:
        return AwsClient(REGION, self.lines.append, retry_policy=retry_policy)

    def replace(self) -> None:
        """Lose the instance; another one comes, with the same address and the same volume."""
        self._terminate()
        self._launch()

    def lose_volume(self) -> None:
        """Lose instance and volume; others come."""
        self._terminate()
        aws("ec2").delete_volume(VolumeId=self.volume.id)
        shutil.rmtree(self.volume.folder)
        self.volume = self._made_volume()
        self._launch()

    def _terminate(self) -> None:
        self.instance.terminate()
        aws("ec2").detach_volume(VolumeId=self.volume.id, InstanceId=self.id)
        aws("ec2").terminate_instances(InstanceIds=[self.id])

    def _launch(self) -> None:
        self._count += 1
        self.id = launch({"cluster": "demo"})["InstanceId"]
        self.start_instance(f"{self.name}.{self._count}", self.volume)

    def _made_volume(self) -> Volume:
        self._count += 1
        folder = self.folder / f"volume-{self.name}-{self._count}"
        folder.mkdir()
        return Volume(folder, make_volume(self.name))
