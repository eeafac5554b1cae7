"""What the phases work with: the instance, what it was told, and AWS."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from ..aws.client import AwsClient
from ..aws.metadata import Metadata
from ..core.retry import RetryPolicy, retry
from ..host.host import Host
from .config import InstanceConfig, load_config

T = TypeVar("T")

METADATA_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
"""Where boto3 looks for the role's keys."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Identity:
    """Which instance this is.

    Attributes:
        instance: its id.
        zone: its availability zone.
        address: its private address.
    """

    instance: str
    zone: str
    address: str


@dataclass(frozen=True)
class Agent:
    """The context of every phase and command.

    Attributes:
        host: the instance's files and commands.
        told: what the instance was told.
        cloud: AWS, with the instance's role.
        metadata: the instance metadata service.
        tell: writes a line into the log.
        patience: how long something is waited for.
        now: the time of day.
    """

    host: Host
    config: InstanceConfig
    aws: AwsClient
    metadata: Metadata
    log: Callable[[str], None]
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    now: Callable[[], datetime] = _utc_now

    def retry(self, what: str, act: Callable[[], T]) -> T:
        """Do something until it succeeds.

        Raises:
            AgentError: it did not in time.
        """
        return retry(what, act, self.retry_policy, self.log)

    def identity(self) -> Identity:
        """Which instance this is.

        Raises:
            AgentError: the metadata service does not say.
        """
        return self.retry("instance metadata", self._identity)

    def _identity(self) -> Identity:
        get = self.metadata.get
        return Identity(
            get("meta-data/instance-id").strip(),
            get("meta-data/placement/availability-zone").strip(),
            get("meta-data/local-ipv4").strip(),
        )


def open_agent(host: Host, log: Callable[[str], None]) -> Agent:
    """The context on an instance that the stub has prepared.

    Raises:
        AgentError: what the instance was told cannot be understood.
    """
    config = load_config(host)
    os.environ[METADATA_VARIABLE] = config.boot.metadata
    aws = AwsClient(config.region, log, endpoint=config.boot.endpoint)
    return Agent(host, config, aws, Metadata(config.boot.metadata), log)


def bucket_of(address: str) -> str:
    """The bucket of an address such as ``https://bucket.s3.us-west-2.amazonaws.com`` or ``http://emulator/bucket``."""
    parts = urlsplit(address)
    return parts.path.strip("/") or parts.netloc.partition(".s3.")[0]
