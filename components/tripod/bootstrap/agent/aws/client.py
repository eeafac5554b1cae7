"""Calls to AWS with the instance's role: each tried again when AWS asks for it, each failure one clear message."""

import json
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, TypeVar

from ..core.errors import AgentError, RetryableError
from ..core.retry import RetryPolicy, retry

_MISSING = {
    "ResourceNotFoundException",
    "ParameterNotFound",
    "NoSuchKey",
    "404",
    "InvalidVolume.NotFound",
    "InvalidInstanceID.NotFound",
}
_PASSING = {
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TooManyUpdates",
    "SlowDown",
    "InternalError",
    "InternalServiceError",
    "InternalFailure",
    "ServiceUnavailable",
    "Unavailable",
    "InternalServerError",
    "RequestTimeout",
    "RequestTimeTooSkewed",
    "OperationAborted",
    "503",
    "500",
}
_CONFLICTS = {"ParameterAlreadyExists", "VolumeInUse", "IncorrectState"}
_REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "ExpiredToken"}
"""Rights and keys that were made a moment ago are not known everywhere yet: these pass too."""

_BLOCK = 1 << 20

Tell = Callable[[str], None]
T = TypeVar("T")


class MissingError(Exception):
    """What was asked for does not exist."""


class ConflictError(Exception):
    """What the call is about is in another state than the caller believes: it has to look again."""


class AwsClient:
    """AWS, as an instance of the cluster may use it.

    Args:
        region: the cluster's region.
        tell: told when a call is tried again.
        endpoint: an emulator's address; empty for AWS itself.
        patience: how long a call is tried.
    """

    def __init__(self, region: str, tell: Tell, endpoint: str = "", patience: RetryPolicy | None = None) -> None:
        self._region = region
        self._tell = tell
        self._endpoint = endpoint
        self._patience = patience or RetryPolicy()
        self._clients: dict[str, Any] = {}

    def with_patience(self, patience: RetryPolicy) -> "AwsClient":
        """The same, for a caller that has something else to do meanwhile, and tries again by itself."""
        other = copy(self)
        other._patience = patience
        return other

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation, such as ``ec2``, ``describe_volumes``.

        Raises:
            MissingError: what it is about does not exist.
            ConflictError: what it is about is in another state than it expects.
            AgentError: it is refused, or was tried in vain.
        """
        return retry(
            f"{service}:{operation}", lambda: self._once(service, operation, arguments), self._patience, self._tell
        )

    def secret(self, name: str) -> dict[str, Any]:
        """A secret's fields, from Secrets Manager.

        Raises:
            AgentError: it does not exist or is not what the cluster put there.
        """
        try:
            text = self.call("secretsmanager", "get_secret_value", SecretId=name)["SecretString"]
            return json.loads(text)
        except MissingError:
            raise AgentError(f"the secret {name} does not exist: `pulumi up` makes it") from None
        except (KeyError, ValueError):
            raise AgentError(f"the secret {name} is not JSON: restore its last good version") from None

    def parameter(self, name: str) -> str | None:
        """A parameter's value, decrypted; None where there is none."""
        try:
            return self.call("ssm", "get_parameter", Name=name, WithDecryption=True)["Parameter"]["Value"]
        except MissingError:
            return None

    def fetch(self, bucket: str, key: str, take: Callable[[Iterator[bytes]], T]) -> T:
        """Read an object, block by block.

        Args:
            bucket: its bucket.
            key: its key.
            take: makes something of its blocks; called again where the connection breaks.

        Raises:
            MissingError: it does not exist.
            AgentError: it was tried in vain.
        """
        return retry(f"s3://{bucket}/{key}", lambda: self._fetch_once(bucket, key, take), self._patience, self._tell)

    def _fetch_once(self, bucket: str, key: str, take: Callable[[Iterator[bytes]], T]) -> T:
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415

        body = self._once("s3", "get_object", {"Bucket": bucket, "Key": key})["Body"]
        try:
            return take(iter(lambda: body.read(_BLOCK), b""))
        except BotoCoreError as error:
            raise RetryableError(str(error)) from error

    def _once(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        from boto3.exceptions import S3UploadFailedError  # noqa: PLC0415
        from botocore.exceptions import (  # noqa: PLC0415
            BotoCoreError,
            ClientError,
            ParamValidationError,
        )

        try:
            return getattr(self._client(service), operation)(**arguments)
        except ClientError as error:
            code = str(error.response["Error"]["Code"])  # pyright: ignore[reportUnknownArgumentType]
            if code in _MISSING:
                raise MissingError(str(error)) from error
            if code in _CONFLICTS:
                raise ConflictError(str(error)) from error
            if code in _PASSING | _REFUSED:
                raise RetryableError(str(error)) from error
            raise AgentError(f"{service}:{operation}: {error}") from error
        except ParamValidationError as error:
            raise AgentError(f"{service}:{operation}: {error}") from error
        except (BotoCoreError, S3UploadFailedError) as error:
            # No credentials yet, no route, a broken connection.
            raise RetryableError(str(error)) from error

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._made(service)
        return self._clients[service]

    def _made(self, service: str) -> Any:
        # The distribution's boto3: a phase installs it, before which nothing of AWS is asked.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        given: dict[str, Any] = {"endpoint_url": self._endpoint} if self._endpoint else {}
        style = {"addressing_style": "path"} if self._endpoint else {}
        config = Config(connect_timeout=10, read_timeout=60, retries={"max_attempts": 1}, s3=style)
        session: Any = boto3
        return session.client(service, region_name=self._region, config=config, **given)
