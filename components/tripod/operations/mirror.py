"""Copies of the pinned binaries in the cluster's payload bucket, where nodes look first.

The list is what nodes will ask for: the downloads of the documents that they boot with. A copy is named by its digest,
which is verified here, by S3 when it is written, and by the node.
"""

import base64
import hashlib
import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from io import BufferedRandom, BufferedReader
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from botocore.exceptions import ClientError

from tripod.bootstrap.agent.instance.documents import mirrored_key
from tripod.operations.errors import OperationError
from tripod.operations.inventory import ClusterInventory, Described, NoClusterError
from tripod.operations.waiting import Log
from tripod.stack.aws_clients import error_code

_DOCUMENTS = "boot/"
_SECONDS = 60
_BLOCK = 1 << 20


@dataclass(frozen=True, order=True)
class PinnedBinary:
    """A binary that nodes ask for.

    Attributes:
        name: its name.
        architecture: its architecture.
        url: its address on its project's site, or on the mirror of the stack file.
        sha256: its digest.
    """

    name: str
    architecture: str
    url: str
    sha256: str

    @property
    def path(self) -> str:
        """Its path below a folder of binaries: that of its address."""
        return urlsplit(self.url).path.lstrip("/")


def pinned_binaries(inventory: ClusterInventory) -> list[PinnedBinary]:
    """The binaries that the newest document of each role names.

    Raises:
        NoClusterError: there is no document.
    """
    bucket, s3 = inventory.payload_bucket, inventory.client("s3")
    newest: dict[str, Described] = {}
    for one in inventory.pages("s3", "list_objects_v2", "Contents", Bucket=bucket, Prefix=_DOCUMENTS):
        # boot/ROLE-DIGEST.json; the topology and the agent's archive have other names.
        role, _, rest = one["Key"].rpartition("-")
        if (
            role
            and rest.endswith(".json")
            and (role not in newest or newest[role]["LastModified"] < one["LastModified"])
        ):
            newest[role] = one
    if not newest:
        raise NoClusterError(f"no document of a role in s3://{bucket}/{_DOCUMENTS}…: run `pulumi up`")
    documents = [json.loads(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()) for one in newest.values()]
    return sorted(
        {
            PinnedBinary(name, architecture, source["url"], source["sha256"])
            for document in documents
            for name, sources in document["supply"]["binaries"].items()
            for architecture, source in sources.items()
        }
    )


def missing_copies(inventory: ClusterInventory, wanted: Sequence[PinnedBinary]) -> list[PinnedBinary]:
    """List the binaries without a copy in the payload bucket."""
    prefix = mirrored_key("")
    found = inventory.pages("s3", "list_objects_v2", "Contents", Bucket=inventory.payload_bucket, Prefix=prefix)
    present = {str(one["Key"]) for one in found}
    return [one for one in wanted if mirrored_key(one.sha256) not in present]


def copy_binaries(inventory: ClusterInventory, binaries: Sequence[PinnedBinary], folder: Path | None, log: Log) -> None:
    """Copy binaries into the payload bucket. Those before one that fails stay.

    Args:
        inventory: the cluster in AWS.
        binaries: the binaries.
        folder: a folder in which each has the path of its address; None to download them.
        log: takes a line for each.

    Raises:
        OperationError: one cannot be read, has another digest, or S3 does not take it.
    """
    bucket, s3 = inventory.payload_bucket, inventory.client("s3")
    for one in binaries:
        with ExitStack() as stack:
            content = stack.enter_context(_read(one, folder))
            found = hashlib.file_digest(content, "sha256")
            if found.hexdigest() != one.sha256:
                source = folder / one.path if folder else one.url
                raise OperationError(
                    f"{source} has the sha256 {found.hexdigest()}, not {one.sha256}: nothing was copied of it"
                )
            content.seek(0)
            checksum = base64.b64encode(found.digest()).decode()
            try:
                s3.put_object(Bucket=bucket, Key=mirrored_key(one.sha256), Body=content, ChecksumSHA256=checksum)
            except ClientError as error:
                raise OperationError(f"s3://{bucket} does not take {one.name}: {error_code(error)}: {error}") from error
        log(f"{one.name} {one.architecture}: s3://{bucket}/{mirrored_key(one.sha256)}")


def _read(one: PinnedBinary, folder: Path | None) -> BufferedReader | BufferedRandom:
    """Open a binary's content, in a file.

    Raises:
        OperationError: it cannot be read.
    """
    if folder:
        try:
            return (folder / one.path).open("rb")
        except OSError as error:
            raise OperationError(f"{folder / one.path}: {error.strerror}; it is the file of {one.url}") from error
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        # The digest decides what is copied, not the scheme.
        with urlopen(one.url, timeout=_SECONDS) as answer:  # noqa: S310
            while block := answer.read(_BLOCK):
                file.write(block)
    except (OSError, HTTPException) as error:
        file.close()
        raise OperationError(
            f"{one.url}: {error}. Where this machine cannot reach it, bring the files in a folder, each at the path of "
            f"its address (FOLDER/{one.path}), and run it with `--from FOLDER`"
        ) from error
    file.seek(0)
    return file
