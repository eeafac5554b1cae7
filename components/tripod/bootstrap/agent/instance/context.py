"""Context of phases and commands: the instance, its configuration, and AWS."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
"""The variable by which boto3 finds the instance's credentials."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Identity:
    """Identity of an instance.

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
        config: the instance's configuration.
        aws: AWS, with the rights of the instance's role.
        metadata: the instance metadata service.
        log: writes a line into the log.
        retry_policy: waits and time limit of retries.
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
            AgentError: it did not succeed in time.
        """
        return retry(what, act, self.retry_policy, self.log)

    def with_retry_policy(self, policy: RetryPolicy) -> "Agent":
        """Copy the context with another retry policy."""
        return replace(self, retry_policy=policy, aws=self.aws.with_retry_policy(policy))

    def identity(self) -> Identity:
        """The instance's identity.

        Raises:
            AgentError: the metadata service does not answer in time.
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
    """Build the context on an instance that the stub has prepared.

    Raises:
        AgentError: this agent does not understand the instance's configuration.
    """
    config = load_config(host)
    os.environ[METADATA_VARIABLE] = config.boot.metadata
    aws = AwsClient(config.region, log, endpoint=config.boot.endpoint)
    return Agent(host, config, aws, Metadata(config.boot.metadata), log)


def bucket_of(address: str) -> str:
    """The bucket of an address such as ``https://bucket.s3.us-west-2.amazonaws.com`` or ``http://emulator/bucket``."""
    parts = urlsplit(address)
    return parts.path.strip("/") or parts.netloc.partition(".s3.")[0]
