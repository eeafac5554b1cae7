"""A rehearsed stack whose members are real, as `tripod` finds it."""

import json
from dataclasses import dataclass
from typing import Any

from support.account.rehearsed import Copy
from support.controlplane.stack_members import Members, StackMember
from support.operations.command import tripod
from support.stacks.planned import ROOT
from tripod.operations.backup.run import SnapshotLocation, snapshot_location
from tripod.operations.inventory import ClusterInventory
from tripod.stack.aws_clients import Clients


@dataclass(frozen=True)
class StackCluster:
    """A rehearsed stack with real members.

    Attributes:
        copy: its account.
        agents: what reaches its instances.
    """

    copy: Copy
    agents: Members

    @property
    def members(self) -> list[StackMember]:
        """Its members, in the order of their names."""
        return self.agents.members

    def tripod(self, command: str, *options: str) -> tuple[int, str]:
        """Run a command of `tripod`; its exit code and all that it said."""
        return tripod(self.copy, command, "local", *options, agents=self.agents)

    def answer(self, command: str, *options: str) -> dict[str, Any]:
        """Have a command of `tripod` do what it does, and read its JSON."""
        code, said = self.tripod(command, "--yes", "--json", *options)
        assert code == 0, said
        return json.loads(said[said.index("{") :])

    def account(self) -> ClusterInventory:
        """Its account, read anew."""
        return ClusterInventory(Clients(self.copy.address), self.copy.region, self.copy.cluster)

    def location(self) -> SnapshotLocation:
        """The location of its snapshots."""
        return snapshot_location(self.account())


def forget(stack: Copy) -> None:
    """Reset the account to its state before there were members."""
    ssm, s3 = stack.client("ssm"), stack.client("s3")
    for parameter in ssm.describe_parameters()["Parameters"]:
        if parameter["Name"].endswith("initialised"):
            ssm.delete_parameter(Name=parameter["Name"])
    bucket = snapshot_location(ClusterInventory(Clients(stack.address), stack.region, stack.cluster)).bucket
    for one in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


def runbook(first_line: str) -> str:
    """The block of the runbook that begins so."""
    blocks = (ROOT / "docs" / "operations.md").read_text().split("```sh\n")[1:]
    (found,) = (block.partition("```")[0] for block in blocks if block.startswith(first_line))
    return found
