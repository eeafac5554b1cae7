"""Calls to AWS with the instance's role: each tried again when AWS asks for it, each failure one clear message."""

import json
from collections.abc import Callable
from typing import Any

from .errors import AgentError, RetryableError
from .retry import Patience, patiently

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
    "SlowDown",
    "InternalError",
    "InternalServiceError",
    "InternalFailure",
    "ServiceUnavailable",
    "Unavailable",
    "503",
    "500",
}
_REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "ExpiredToken"}
"""Rights and keys that were made a moment ago are not known everywhere yet: these pass too."""

Tell = Callable[[str], None]


class MissingError(Exception):
    """What was asked for does not exist."""


class Cloud:
    """AWS, as an instance of the cluster may use it.

    Args:
        region: the cluster's region.
        tell: told when a call is tried again.
        endpoint: an emulator's address; empty for AWS itself.
        patience: how long a call is tried.
    """

    def __init__(self, region: str, tell: Tell, endpoint: str = "", patience: Patience | None = None) -> None:
        self._region = region
        self._tell = tell
        self._endpoint = endpoint
        self._patience = patience or Patience()
        self._clients: dict[str, Any] = {}

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation, such as ``ec2``, ``describe_volumes``.

        Raises:
            MissingError: what it is about does not exist.
            AgentError: it is refused, or was tried in vain.
        """
        return patiently(
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

    def _once(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
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
            if code in _PASSING | _REFUSED:
                raise RetryableError(str(error)) from error
            raise AgentError(f"{service}:{operation}: {error}") from error
        except ParamValidationError as error:
            raise AgentError(f"{service}:{operation}: {error}") from error
        except BotoCoreError as error:
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
