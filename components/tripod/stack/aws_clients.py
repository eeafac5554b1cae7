"""boto3 clients of AWS, or of an emulator in its place."""

import threading
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

Boto3Client = Any
"""A client of boto3, which makes its methods at run time: neither they nor their answers have types."""

EMULATED_CREDENTIALS = {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}


class Clients:
    """boto3 clients of one account.

    Args:
        endpoint: the address of an emulator; None for AWS itself, with the caller's own credentials.
        profile: a profile in the caller's AWS configuration.
    """

    def __init__(self, endpoint: str | None = None, profile: str | None = None) -> None:
        self.endpoint = endpoint
        self._session = cast("Any", boto3).Session(profile_name=profile)
        self._clients: dict[tuple[str, str], Boto3Client] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Boto3Client:
        """A client of a service in a region. Threads may share clients; only making one needs the lock."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._make(service, region)
            return self._clients[service, region]

    def _make(self, service: str, region: str) -> Boto3Client:
        if self.endpoint is None:
            return self._session.client(service, region_name=region)
        # An emulator on loopback answers at once or not at all, and the user's proxies do not reach it.
        config = Config(
            proxies={},
            max_pool_connections=32,
            connect_timeout=5,
            retries={"max_attempts": 1},
            s3={"addressing_style": "path"},
        )
        return self._session.client(
            service, region_name=region, endpoint_url=self.endpoint, config=config, **EMULATED_CREDENTIALS
        )


def error_code(error: ClientError) -> str:
    """The code of an error that AWS answered with, such as AccessDenied; empty if it has none."""
    return str(cast("Any", error).response.get("Error", {}).get("Code", ""))
