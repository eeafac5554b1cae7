"""AWS client of the agent: transient errors are retried, each failure is one clear message."""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any, TypeVar

from ..core.errors import AgentError, RetryableError
from ..core.retry import RetryPolicy, retry
from ..core.typed_json import JsonObject

_MISSING = {
    "ResourceNotFoundException",
    "ParameterNotFound",
    "NoSuchKey",
    "404",
    "InvalidVolume.NotFound",
    "InvalidInstanceID.NotFound",
}
_TRANSIENT = {
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
"""Recent permissions and keys take a moment to propagate: these are transient too."""

_BLOCK = 1 << 20

METADATA_SECONDS = 5
METADATA_ATTEMPTS = 3
"""Timeout and tries of a question of botocore's to the metadata service. By its defaults it asks once, for one second.

It does not repeat a request for a token that times out: hence the longer timeout, too (botocore/utils.py, IMDSFetcher).
"""

T = TypeVar("T")


class MissingError(Exception):
    """The requested resource does not exist."""


class ConflictError(Exception):
    """The resource is in another state than the caller expects; read its state again."""


class AwsClient:
    """AWS, with the rights of the instance's role.

    Args:
        region: the cluster's region.
        log: writes a log line when a call is retried.
        endpoint: an emulator's address; empty for AWS itself.
        retry_policy: waits and time limit of a call.
    """

    def __init__(
        self, region: str, log: Callable[[str], None], endpoint: str = "", retry_policy: RetryPolicy | None = None
    ) -> None:
        self._region = region
        self._log = log
        self._endpoint = endpoint
        self._retry_policy = retry_policy or RetryPolicy()
        self._clients: dict[str, Any] = {}

    def with_retry_policy(self, retry_policy: RetryPolicy) -> "AwsClient":
        """Copy the client with another retry policy."""
        other = copy(self)
        other._retry_policy = retry_policy
        return other

    def call(self, service: str, operation: str, **arguments: object) -> JsonObject:
        """Call an operation, such as ``ec2``, ``describe_volumes``.

        Raises:
            MissingError: the resource does not exist.
            ConflictError: the resource is in another state than the call expects.
            AgentError: it is refused, or did not succeed in time.
        """
        return retry(
            f"{service}:{operation}", lambda: self._once(service, operation, arguments), self._retry_policy, self._log
        )

    def secret(self, name: str) -> JsonObject:
        """Read a secret's fields from Secrets Manager.

        Raises:
            AgentError: it does not exist or is not JSON.
        """
        try:
            text = self.call("secretsmanager", "get_secret_value", SecretId=name)["SecretString"]
            return json.loads(text)
        except MissingError:
            raise AgentError(f"the secret {name} does not exist: `pulumi up` makes it") from None
        except (KeyError, ValueError):
            raise AgentError(f"the secret {name} is not JSON: restore its last good version") from None

    def parameter(self, name: str) -> str | None:
        """Read a parameter's decrypted value; None if it does not exist."""
        try:
            return self.call("ssm", "get_parameter", Name=name, WithDecryption=True)["Parameter"]["Value"]
        except MissingError:
            return None

    def fetch(self, bucket: str, key: str, take: Callable[[Iterator[bytes]], T]) -> T:
        """Read an object, block by block.

        Args:
            bucket: its bucket.
            key: its key.
            take: consumes its blocks; called again if the connection breaks.

        Raises:
            MissingError: it does not exist.
            AgentError: it did not succeed in time.
        """
        return retry(f"s3://{bucket}/{key}", lambda: self._fetch_once(bucket, key, take), self._retry_policy, self._log)

    def _fetch_once(self, bucket: str, key: str, take: Callable[[Iterator[bytes]], T]) -> T:
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415

        body = self._once("s3", "get_object", {"Bucket": bucket, "Key": key})["Body"]
        try:
            return take(iter(lambda: body.read(_BLOCK), b""))
        except BotoCoreError as error:
            raise RetryableError(str(error)) from error

    def _once(self, service: str, operation: str, arguments: Mapping[str, object]) -> JsonObject:
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
            if code in _TRANSIENT | _REFUSED:
                raise RetryableError(str(error)) from error
            raise AgentError(f"{service}:{operation}: {error}") from error
        except ParamValidationError as error:
            raise AgentError(f"{service}:{operation}: {error}") from error
        except (BotoCoreError, S3UploadFailedError) as error:
            # No credentials yet, no route, a broken connection.
            raise RetryableError(str(error)) from error

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._make_client(service)
        return self._clients[service]

    def _make_client(self, service: str) -> Any:
        # The distribution's boto3: a phase installs it, before which AWS is not called.
        from botocore.config import Config  # noqa: PLC0415

        given = {"endpoint_url": self._endpoint} if self._endpoint else {}
        style = {"addressing_style": "path"} if self._endpoint else {}
        config = Config(connect_timeout=10, read_timeout=60, retries={"max_attempts": 1}, s3=style)
        return _session().client(service, region_name=self._region, config=config, **given)


def _session() -> Any:
    """Open boto3's session with the credentials of the instance's role.

    Raises:
        RetryableError: there are none yet. A client made without them would never look for them again.
    """
    import boto3  # noqa: PLC0415
    import botocore.session  # noqa: PLC0415

    library: Any = boto3
    if library.DEFAULT_SESSION is None:
        core: Any = botocore.session.Session()
        core.set_config_variable("metadata_service_timeout", METADATA_SECONDS)
        core.set_config_variable("metadata_service_num_attempts", METADATA_ATTEMPTS)
        library.setup_default_session(botocore_session=core)
    session: Any = library.DEFAULT_SESSION
    # The session itself looks again until it has found some.
    if session.get_credentials() is None:
        raise RetryableError("the metadata service gives no credentials of the instance's role")
    return session
