"""Client of the instance metadata service (IMDSv2)."""

from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from ..core.errors import RetryableError

_EXPIRY_SECONDS = "300"
MISSING = 404


@dataclass(frozen=True)
class Metadata:
    """The instance metadata service.

    Attributes:
        address: its URL.
        seconds: the timeout of a request.
    """

    address: str = "http://169.254.169.254"
    seconds: float = 5

    def get(self, path: str) -> str:
        """An entry, such as ``meta-data/instance-id``.

        Raises:
            RetryableError: it does not answer, or has no such entry yet.
        """
        found = self.find(path)
        if found is None:
            raise RetryableError(f"the metadata service does not know {path}")
        return found

    def find(self, path: str) -> str | None:
        """An entry, or None if there is none.

        Raises:
            RetryableError: it does not answer.
        """
        try:
            token = self._ask("api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": _EXPIRY_SECONDS})
            return self._ask(path, "GET", {"X-aws-ec2-metadata-token": token})
        except HTTPError as error:
            if error.code == MISSING:
                return None
            raise RetryableError(f"the metadata service answers {error.code}") from error
        except (URLError, OSError) as error:
            raise RetryableError(f"the metadata service does not answer: {error}") from error

    def _ask(self, path: str, method: str, headers: dict[str, str]) -> str:
        request = Request(f"{self.address}/latest/{path}", method=method, headers=headers)  # noqa: S310
        with urlopen(request, timeout=self.seconds) as answer:  # noqa: S310 - the address is ours
            return answer.read().decode()
