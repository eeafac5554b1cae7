"""`tripod mirror`: what it puts into the bucket is what a node's agent takes from there, by its role's document."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.error import URLError
from urllib.parse import urlsplit

from support.account.rehearsed import Copy, rehearsed_stack, with_an_account_of_its_own
from support.agent.instance import SESSION, member_instance
from support.operations.agents import account
from support.operations.command import tripod
from support.stacks.planned import changed
from tripod.bootstrap.agent.aws.client import AwsClient
from tripod.bootstrap.agent.instance import downloads
from tripod.bootstrap.agent.instance.documents import Download
from tripod.bootstrap.agent.instance.downloads import PROGRAMS, Binary, install_binary
from tripod.operations import mirror
from tripod.supply.pins import known_digests

Sources = dict[str, dict[str, dict[str, str]]]
"""Binary → architecture → url and sha256, as documents have them."""

UNREACHABLE = URLError("Network is unreachable")
RUNC = "opencontainers/runc/releases/download/v1.4.3/runc.arm64"


def content(name: str, architecture: str) -> bytes:
    """What stands for a binary here; the stack file names its digest."""
    return f"{name} for {architecture}".encode()


def supply() -> dict[str, Any]:
    return {
        "digests": {
            name: {
                version: {one: hashlib.sha256(content(name, one)).hexdigest() for one in architectures}
                for version, architectures in versions.items()
            }
            for name, versions in known_digests().items()
        }
    }


@with_an_account_of_its_own
def test_copies_are_made_once_and_a_node_takes_them_without_the_internet(tmp_path: Path) -> None:
    settings = changed("local", lambda values: values.update({"tripod:supply": supply()}))
    with rehearsed_stack("local", settings) as made:
        made.in_a_copy(lambda copy: copied_and_taken(copy, tmp_path))


def copied_and_taken(copy: Copy, folder: Path) -> None:
    source = folder / "binaries"
    sources: Sources = {}
    for role in ("workers", "etcd"):
        sources |= role_document(copy, role)["supply"]["binaries"]
    for name, by_architecture in sources.items():
        for architecture, found in by_architecture.items():
            file = source / urlsplit(found["url"]).path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content(name, architecture))
    code, said = tripod(copy, "mirror", "local")
    count = sum(len(by_architecture) for by_architecture in sources.values())
    assert (code, f"0 of {count} are in the bucket." in said) == (0, True), said
    assert f"Would copy runc arm64: https://github.com/{RUNC}" in said
    without_the_internet_it_says_where_files_are_sought(copy)
    before = count - what_is_not_what_was_pinned_is_not_copied(copy, source)
    code, said = tripod(copy, "mirror", "local", "--yes", "--from", str(source), "--json")
    assert (code, json.loads(said[said.index("{") :])) == (0, {"present": count, "copied": count - before})
    code, said = tripod(copy, "mirror", "local", "--yes", "--from", str(source))
    assert (code, f"{count} of {count} are in the bucket." in said) == (0, True)
    a_node_takes_every_one(copy, sources, folder / "node")


def without_the_internet_it_says_where_files_are_sought(copy: Copy) -> None:
    with patch.object(mirror, "urlopen", side_effect=UNREACHABLE):
        code, said = tripod(copy, "mirror", "local", "--yes")
    assert code == 1
    assert "Network is unreachable" in said
    assert "(FOLDER/containernetworking/plugins/releases" in said
    assert "`--from FOLDER`" in said


def what_is_not_what_was_pinned_is_not_copied(copy: Copy, source: Path) -> int:
    """Try with files that are missing or wrong; the number of those that are still to be copied."""
    right = (source / RUNC).read_bytes()
    for wrong, part in ((None, "No such file"), (b"something else", "has the sha256")):
        (source / RUNC).unlink(missing_ok=True)
        if wrong is not None:
            (source / RUNC).write_bytes(wrong)
        code, said = tripod(copy, "mirror", "local", "--yes", "--from", str(source))
        assert (code, part in said) == (1, True)
    (source / RUNC).write_bytes(right)
    # Those before it are there already, and are not copied again.
    _, said = tripod(copy, "mirror", "local")
    left = [line.split()[2] for line in said.splitlines() if line.startswith("Would copy")]
    assert left[0] == "runc"
    assert "etcd" not in left
    return len(left)


def a_node_takes_every_one(copy: Copy, sources: Sources, folder: Path) -> None:
    on = member_instance(folder)
    bucket = account(copy).payload_bucket
    config = on.agent.config
    found = {name: {one: Download(**source) for one, source in by.items()} for name, by in sources.items()}
    document = replace(config.document, supply=replace(config.document.supply, binaries=found))
    boot = replace(config.boot, payload=f"{copy.address}/{bucket}")
    aws = AwsClient(copy.region, on.lines.append, copy.address)
    agent = replace(on.agent, config=replace(config, boot=boot, document=document), aws=aws)
    with patch("boto3.DEFAULT_SESSION", SESSION), patch.object(downloads, "urlopen", side_effect=UNREACHABLE):
        for name in found:
            assert install_binary(agent, Binary(name), "aarch64") == f"installed {name}"
            assert on.machine.path(f"{PROGRAMS}/{name}").read_bytes() == content(name, "arm64")


def role_document(copy: Copy, role: str) -> dict[str, Any]:
    """The document that a role's instances boot with."""
    s3, bucket = copy.client("s3"), account(copy).payload_bucket
    (key,) = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=f"boot/{role}")["Contents"]]
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
