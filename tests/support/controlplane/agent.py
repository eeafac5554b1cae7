"""The boot agent of an etcd member, at work on an instance with real etcd: systemd and the volume are stood in for."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from support.agent import BOOT, DOCUMENT, REGION, KnownMetadata, aws
from support.controlplane.instance import Instance
from support.controlplane.process import Process
from support.controlplane.site import VPC, Site
from support.controlplane.waiting import until
from tripod.bootstrap.agent.cloud import Cloud
from tripod.bootstrap.agent.context import Agent
from tripod.bootstrap.agent.documents import Told
from tripod.bootstrap.agent.etcd import PHASES
from tripod.bootstrap.agent.etcd_config import UNIT
from tripod.bootstrap.agent.filesystem import LABEL, MOUNT_POINT, MOUNT_UNIT
from tripod.bootstrap.agent.host import CommandError, Host
from tripod.bootstrap.agent.phases import run_phases
from tripod.bootstrap.agent.retry import Patience

ON_EVERY_BOOT = ("certificate", "membership", "start", "vote", "initialised")
"""The phases that need neither apt nor the Internet."""


@dataclass
class Volume:
    """A member's volume: a folder.

    Attributes:
        folder: what is on it.
        formatted: whether it has a file system.
        id: its id in the emulated account.
    """

    folder: Path
    id: str
    formatted: bool = False


@dataclass(frozen=True)
class InstanceHost(Host):
    """An instance's files and commands.

    Attributes:
        instance: the instance.
        volume: what is attached to it.
        running: the processes that its systemd runs: unit → process.
    """

    instance: Instance = field(kw_only=True)
    volume: Volume = field(kw_only=True)
    running: dict[str, Process] = field(default_factory=dict[str, Process])

    def path(self, path: str) -> Path:
        # The machine's own devices are not the instance's.
        if path.startswith(("/sys/", "/dev/")):
            return self.volume.folder.with_suffix(".devices") / path.lstrip("/")
        return super().path(path)

    def run(
        self,
        *command: str,
        given: str | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = 900,
    ) -> str:
        match command:
            case ("openssl", *_):
                return super().run(*command, given=given, environment=environment, seconds=seconds)
            case ("etcdctl" | "etcdutl", *_):
                done = self.instance.run(*command, check=False, seconds=seconds)
                if done.returncode:
                    raise CommandError(command, done.returncode, done.stderr or done.stdout)
                return done.stdout
            case ("wipefs", *_):
                return "ext4\n" if self.volume.formatted else ""
            case ("blkid", *_):
                return f"LABEL={LABEL}\nUUID={self.volume.id}\nTYPE=ext4\n"
            case ("mkfs.ext4", *_):
                self.volume.formatted = True
            case ("systemctl", *rest):
                self._systemctl(tuple(rest))
            case ("resize2fs" | "chown", *_):
                pass
            case _:
                raise AssertionError(command)
        return ""

    def _systemctl(self, command: tuple[str, ...]) -> None:
        match command:
            case ("daemon-reload",) | ("enable", _):
                pass
            case ("start" | "restart", unit) if unit == MOUNT_UNIT:
                if self.instance.run("mountpoint", "--quiet", MOUNT_POINT, check=False).returncode:
                    self.instance.run("mount", "--bind", str(self.volume.folder), MOUNT_POINT)
            case ("stop", unit):
                if unit in self.running:
                    self.running[unit].stop()
            case ("start", "--no-block", unit) if unit == UNIT:
                self._start_etcd()
            case _:
                raise AssertionError(command)

    def _start_etcd(self) -> None:
        """Start what the unit says, unless it runs."""
        lines = (self.read(f"/etc/systemd/system/{UNIT}") or "").splitlines()
        found = dict(line.split("=", 1) for line in lines if "=" in line)
        assert self.path(found["AssertPathExists"]).exists()
        process = self.running.setdefault(UNIT, Process(self.instance, "etcd", found["ExecStart"].split()))
        if not process.running:
            process.start()


class BootedMember:
    """An etcd member that the agent boots.

    Attributes:
        name: its name.
        address: its address.
        lines: what its agent told.
    """

    def __init__(self, site: Site, programs: Path, folder: Path, name: str, address: IPv4Address) -> None:
        """Launch its first instance.

        Args:
            site: whose authorities it is told of.
            programs: etcd's.
            folder: where its volumes and logs are.
            name: its name.
            address: its address.
        """
        self.name = name
        self.address = address
        self.lines: list[str] = []
        self._site = site
        self._programs = programs
        self._folder = folder
        self._count = 0
        self.volume = self._made_volume()
        self._launch()

    def boot(self, *phases: str, seconds: float = 60, now: Any = None) -> None:
        """Run phases; all by default."""
        chosen = [phase for phase in PHASES if phase.name in (phases or ON_EVERY_BOOT)]
        run_phases(chosen, self.agent(seconds, now), self.lines.append)

    def agent(self, seconds: float = 60, now: Any = None) -> Agent:
        """The agent's context, with so much patience."""
        patience = Patience(seconds, first=0.1, longest=1)
        told = Told({**BOOT, "name": self.name}, document(self._site))
        cloud = Cloud(REGION, self.lines.append, patience=patience)
        entries = {**KnownMetadata().entries, "meta-data/instance-id": self._id}
        metadata = KnownMetadata(entries={**entries, "meta-data/local-ipv4": str(self.address)})
        more = {"now": now} if now else {}
        return Agent(self.host, told, cloud, metadata, self.lines.append, patience, **more)

    @property
    def etcd(self) -> Process:
        """Its etcd."""
        return self.host.running[UNIT]

    def etcdctl(self, *command: str) -> Any:
        """Call etcdctl with the member's own certificate; again while the others have no leader."""
        pki = "/etc/etcd/pki"
        access = (f"--endpoints=https://{self.address}:2379", f"--cacert={pki}/ca.crt")
        own = (f"--cert={pki}/member.crt", f"--key={pki}/member.key", "--write-out=json")
        answers: list[str] = []

        def answered() -> bool:
            done = self.instance.run("etcdctl", *access, *own, *command, check=False)
            answers[:] = [done.stdout] if done.returncode == 0 else []
            return bool(answers)

        until(f"an answer to {command}", answered, 60)
        return json.loads(answers[0])

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
        aws("ec2").detach_volume(VolumeId=self.volume.id, InstanceId=self._id)
        aws("ec2").terminate_instances(InstanceIds=[self._id])

    def _launch(self) -> None:
        self._count += 1
        self.instance = Instance(f"{self.name}.{self._count}", self.address, VPC, self._folder, self._programs)
        (launched,) = aws("ec2").run_instances(
            ImageId=aws("ec2").describe_images()["Images"][0]["ImageId"],
            MinCount=1,
            MaxCount=1,
            Placement={"AvailabilityZone": "us-west-2a"},
        )["Instances"]
        self._id: str = launched["InstanceId"]
        self.host = InstanceHost(self.instance.root, instance=self.instance, volume=self.volume)
        self.host.write("/sys/block/nvme1n1/device/serial", self.volume.id.replace("-", ""))

    def _made_volume(self) -> Volume:
        self._count += 1
        tags = {"cluster": "demo", "tripod:incarnation": DOCUMENT["incarnation"], "tripod:member": self.name}
        volume = aws("ec2").create_volume(
            AvailabilityZone="us-west-2a",
            Size=20,
            TagSpecifications=[
                {"ResourceType": "volume", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            ],
        )["VolumeId"]
        folder = self._folder / f"volume-{self.name}-{self._count}"
        folder.mkdir()
        return Volume(folder, volume)


def document(site: Site) -> dict[str, Any]:
    """The role's document, with the site's authority of clients."""
    return {**DOCUMENT, "client_ca": site.client_authority.certificate.decode()}
