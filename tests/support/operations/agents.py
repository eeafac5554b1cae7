"""A rehearsed account as operations see it: nodes that answer, and what moto leaves out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.account.rehearsed import Copy
from support.operations.answering_agents import AnsweringAgents
from support.operations.fleets import member_status
from tripod.operations.backup.run import snapshot_location
from tripod.operations.etcd_health import EtcdHealth
from tripod.operations.fleet import Fleet
from tripod.operations.inventory import ClusterInventory, member_of
from tripod.operations.observe import observe
from tripod.operations.rotate.secret_value import config_hash
from tripod.pki.secret_names import ClusterPaths, SecretName
from tripod.stack.aws_clients import Clients


@dataclass
class FakeHealth:
    """Health of a cluster whose members are healthy, but for those named."""

    leader: str = "1-0"
    unhealthy_members: Mapping[str, str] = field(default_factory=dict[str, str])
    asked: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])

    def etcd(self, members: Mapping[str, str]) -> EtcdHealth:
        self.asked.append(dict(members))
        return EtcdHealth(self.unhealthy_members, self.leader, "")

    def unhealthy(self, fleet: Fleet) -> Mapping[str, str]:  # noqa: ARG002
        return {}


def account(copy: Copy) -> ClusterInventory:
    return ClusterInventory(Clients(copy.address), copy.region, copy.cluster)


def instances_in_service(copy: Copy) -> list[tuple[str, str, str]]:
    """Group, zone and id of every instance in service."""
    found = observe(account(copy), FakeHealth())
    return sorted((node.group, node.zone, node.instance) for node in found.nodes if node.in_service)


def release_templates(copy: Copy, role: str) -> list[str]:
    """Give the groups of a role a newer version of their template, as `pulumi up` does, and return their names."""
    groups = account(copy).scaling_groups_of(role)
    for group in groups:
        reference: Any = group.get("LaunchTemplate")
        # moto does not copy the source version's data.
        newest = copy.ec2.describe_launch_template_versions(
            LaunchTemplateId=reference["LaunchTemplateId"], Versions=["$Latest"]
        )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        made = copy.ec2.create_launch_template_version(
            LaunchTemplateId=reference["LaunchTemplateId"],
            LaunchTemplateData={**newest, "InstanceType": "m7g.xlarge"},
        )["LaunchTemplateVersion"]
        copy.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=group["AutoScalingGroupName"],
            LaunchTemplate={
                "LaunchTemplateId": reference["LaunchTemplateId"],
                "Version": str(made["VersionNumber"]),
            },
        )
    return [group["AutoScalingGroupName"] for group in groups]


def report_launched_versions() -> None:
    """Have moto say which version an instance was launched from: it says its template's default version."""
    from moto.autoscaling.models import InstanceState  # noqa: PLC0415

    states: Any = InstanceState
    before = states.__init__

    def init(state: Any, *arguments: Any, **named: Any) -> None:
        before(state, *arguments, **named)
        state.launched_version = state.auto_scaling_group.launch_template_version

    def launch_template(state: Any) -> dict[str, str]:
        group = state.auto_scaling_group
        # What was there before this was mended was launched from the first version.
        return {"LaunchTemplateId": group.ec2_launch_template.id, "Version": getattr(state, "launched_version", "1")}

    states.__init__ = init
    states.launch_template = property(launch_template)


def forget_target(copy: Copy, instance: str) -> None:
    """Take an instance out of the target groups, as AWS does; moto forgets it where a group terminates it."""
    elb = copy.client("elbv2")
    for group in elb.describe_target_groups()["TargetGroups"]:
        arn = group["TargetGroupArn"]
        health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        if instance in {one["Target"]["Id"] for one in health}:
            elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": instance}])


@dataclass(frozen=True)
class FakeAgents(AnsweringAgents):
    """Agents of a copy: all is well, and a snapshot is an object in the bucket."""

    copy: Copy
    encrypted: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def answer(self, instance: str, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((instance, command))
        node = {"ready": True, "kubelet": "v1.36.4"}
        answers: dict[str, Any] = {
            "status": lambda: self._status(instance),
            "nodes": lambda: {"nodes": dict.fromkeys(arguments["instances"], node)},
            "snapshot": self._snapshot,
            "encryption-status": lambda: {"loaded": self.hash()},
            "rewrite-secrets": lambda: {"found": 3, "written": 3, "others": 0},
            "restore": lambda: {"revision": 70, "hash": "abc"},
        }
        return answers.get(command, dict[str, Any])()

    def _status(self, instance: str) -> dict[str, Any]:
        groups = account(self.copy).scaling_groups_of("etcd")
        members = {one["InstanceId"]: member_of(group) for group in groups for one in group["Instances"]}
        return member_status(members[instance], members=sorted(members.values()), leader="1-0", revision=70)

    def _snapshot(self) -> dict[str, Any]:
        place = snapshot_location(account(self.copy))
        encryption = "aws:kms" if self.encrypted else "AES256"
        self.copy.client("s3").put_object(
            Bucket=place.bucket,
            Key=f"{place.prefix}now",
            Body=b"data",
            ServerSideEncryption=encryption,
            Metadata={"encryption-keys": json.dumps([self.keys()[0]])},
        )
        return {"key": f"{place.prefix}now", "revision": 70}

    def hash(self) -> str:
        return config_hash(self.secret())

    def keys(self) -> list[str]:
        """The names of the keys in use."""
        return [key["name"] for key in self.secret()["keys"]]

    def secret(self) -> dict[str, Any]:
        """The encryption secret."""
        found = account(self.copy)
        name = ClusterPaths(self.copy.cluster, found.incarnation).secret(SecretName.ENCRYPTION)
        secret = self.copy.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        return json.loads(secret)
