"""An instance in a folder: its files are there, its commands are recorded and answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from support.agent.clock import Clock
from tripod.bootstrap.agent.aws.client import AwsClient
from tripod.bootstrap.agent.aws.metadata import Metadata
from tripod.bootstrap.agent.core.errors import RetryableError
from tripod.bootstrap.agent.host.host import CommandError, Host
from tripod.bootstrap.agent.host.memory import MEMORY_FILE
from tripod.bootstrap.agent.instance.config import InstanceConfig
from tripod.bootstrap.agent.instance.context import Agent
from tripod.bootstrap.agent.instance.documents import BootPointers, TopologyDocument
from tripod.bootstrap.documents import CommonFacts, document_text, etcd_document
from tripod.operations.inventory import ClusterInventory
from tripod.stack.aws_clients import Clients
from tripod.supply.spec import SupplySpec

REGION = "us-west-2"
ZONE = "us-west-2a"
MEMORY = "MemTotal:        7884716 kB\nMemFree:         6012344 kB\n"
"""Of an m7g.large, whose firmware and kernel keep some of its 8 GiB."""
INSTANCE = "i-0123456789abcdef0"
MEMBERS = {"0-0": "10.0.192.16", "1-0": "10.0.200.16", "2-0": "10.0.208.16"}
PAYLOAD_BUCKET = "demo-0a1b2c3d-payload"
SNAPSHOT_BUCKET = "demo-0a1b2c3d-snapshots"
FACTS = CommonFacts("demo", "0a1b2c3d", REGION, "ubuntu-24.04", ("amd64", "arm64"), SupplySpec())
DOCUMENT = etcd_document(
    FACTS, version="3.6.14", snapshot_bucket=SNAPSHOT_BUCKET, snapshot_minutes=30, client_ca="CLIENT CA"
)
BOOT = BootPointers(
    role="etcd",
    name="0-0",
    region=REGION,
    payload=f"https://{PAYLOAD_BUCKET}.s3.{REGION}.amazonaws.com",
    agent="boot/agent.tar",
    document="boot/etcd.json",
    topology="boot/topology.json",
)

emulated = mock_aws
"""moto answers the sessions that were made after it was loaded."""

# One for all tests: each would read AWS' models again.
SESSION: Any = cast("Any", boto3).Session("emulated", "emulated", region_name=REGION)

Reply = str | Exception | Callable[..., str]


def failed(message: str, code: int = 1) -> CommandError:
    """What a command that fails is answered with."""
    return CommandError(("command",), code, message)


@dataclass(frozen=True)
class FakeHost(Host):
    """A recorded instance. What begins with a key of `replies` is answered so; the longest key counts.

    Attributes:
        replies: the beginning of a command → what it prints, what it fails with, or what it does.
        real: programs that are really run.
        commands: what was run, in order.
        given: what was given on standard input, in order.
        environments: the variables that commands were given, in order.
    """

    replies: dict[str, Reply] = field(default_factory=dict[str, Reply])
    real: frozenset[str] = frozenset({"openssl"})
    commands: list[str] = field(default_factory=list[str])
    given: list[str] = field(default_factory=list[str])
    environments: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])

    def run(
        self,
        *command: str,
        given: str | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = 900,
    ) -> str:
        line = " ".join(command)
        self.commands.append(line)
        if given is not None:
            self.given.append(given)
        if environment is not None:
            self.environments.append(environment)
        if command[0] in self.real:
            return super().run(*command, given=given, environment=environment, seconds=seconds)
        found = [beginning for beginning in self.replies if line.startswith(beginning)]
        if not found:
            raise AssertionError(f"nobody said what `{line}` answers")
        reply = self.replies[max(found, key=len)]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, str) else reply(*command)

    def ran(self, beginning: str) -> list[str]:
        """The commands that begin so."""
        return [command for command in self.commands if command.startswith(beginning)]


@dataclass(frozen=True)
class KnownMetadata(Metadata):
    """A metadata service that does not answer at first.

    Attributes:
        entries: what it knows.
        silent: as often it does not answer.
    """

    entries: dict[str, str] = field(
        default_factory=lambda: {
            "meta-data/instance-id": INSTANCE,
            "meta-data/placement/availability-zone": ZONE,
            "meta-data/local-ipv4": MEMBERS["0-0"],
        }
    )
    silent: list[int] = field(default_factory=lambda: [0])

    def find(self, path: str) -> str | None:
        if self.silent[0]:
            self.silent[0] -= 1
            raise RetryableError("the metadata service does not answer: timed out")
        return self.entries.get(path)


class FaultyAws(AwsClient):
    """AWS, or its emulation, some of whose calls are answered with errors first.

    Attributes:
        faults: operation → what its next calls fail with: an error, or the code of a refusal.
        calls: the operations that were called.
    """

    def __init__(self, clock: Clock, tell: Callable[[str], None], seconds: float = 600) -> None:
        super().__init__(REGION, tell, retry_policy=clock.patience(seconds))
        self.faults: dict[str, list[str | Exception]] = {}
        self.calls: list[str] = []

    def _client(self, service: str) -> Any:
        return _Faulty(super()._client(service), self)


class _Faulty:
    def __init__(self, client: Any, cloud: FaultyAws) -> None:
        self._client = client
        self._cloud = cloud

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self._cloud.calls.append(operation)
            faults = self._cloud.faults.get(operation)
            if faults:
                fault = faults.pop(0)
                raise fault if isinstance(fault, Exception) else refused(fault, operation)
            return getattr(self._client, operation)(**arguments)

        return call


def refused(code: str, operation: str) -> ClientError:
    """An error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": "said AWS"}}, operation)


@dataclass(frozen=True)
class FakeInstance:
    """An instance's agent, and all that it acts on.

    Attributes:
        agent: the agent.
        machine: its instance.
        cloud: its AWS.
        metadata: its metadata service.
        clock: its time.
        lines: what it told.
    """

    agent: Agent
    machine: FakeHost
    cloud: FaultyAws
    metadata: KnownMetadata
    clock: Clock
    lines: list[str]

    def at(self, moment: datetime) -> Agent:
        """The agent at another time of day."""
        return replace(self.agent, now=lambda: moment)


def member_instance(folder: Path, **replies: Reply) -> FakeInstance:
    """An instance of member 0-0 in a folder."""
    return fake_instance(folder, InstanceConfig(BOOT, DOCUMENT), replies)


def fake_instance(folder: Path, config: InstanceConfig, replies: Mapping[str, Reply]) -> FakeInstance:
    """An instance in a folder."""
    clock, lines, machine, metadata = Clock(), list[str](), FakeHost(folder), KnownMetadata()
    machine.replies.update(replies)
    machine.write(MEMORY_FILE, MEMORY)
    cloud = FaultyAws(clock, lines.append)
    agent = Agent(machine, config, cloud, metadata, lines.append, clock.patience())
    return FakeInstance(agent, machine, cloud, metadata, clock, lines)


@cache
def aws(service: str) -> Any:
    """A client of the test's own."""
    return SESSION.client(service)


def emulated_inventory(cluster: str) -> ClusterInventory:
    """The inventory of a cluster in the emulated account, as operations read it."""

    class Session(Clients):
        def client(self, service: str, region: str) -> Any:
            return SESSION.client(service, region_name=region)

    return ClusterInventory(Session(), SESSION.region_name, cluster)


@cache
def image() -> str:
    """An image that every emulated account has. To list them takes longer than most tests."""
    return aws("ec2").describe_images()["Images"][0]["ImageId"]


def put_topology(members: Mapping[str, str] = MEMBERS, incarnation: str = "0a1b2c3d") -> None:
    """Put the topology where the agent looks for it."""
    text = document_text(TopologyDocument(incarnation, "zone", dict(members)))
    aws("s3").put_object(Bucket=PAYLOAD_BUCKET, Key=BOOT.topology, Body=text)
