"""A destroy leaves what holds data, and nothing else; and the name is free for another cluster."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from support.engine import STACK, EngineStack, Plan

Describe = Callable[[EngineStack], list[Any]]


def _ec2(operation: str, key: str) -> Describe:
    return lambda stack: getattr(stack.client("ec2"), operation)()[key]


def _living_instances(stack: EngineStack) -> list[Any]:
    reservations = stack.client("ec2").describe_instances()["Reservations"]
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    return [instance for instance in instances if instance["State"]["Name"] != "terminated"]


def _of(operation: str, key: str, *ended: str) -> Describe:
    """Resources that EC2 describes in another state than those of something that has ended."""

    def state(one: Any) -> str:
        return one.get("State") or one["Status"]["Code"]

    return lambda stack: [one for one in _ec2(operation, key)(stack) if state(one) not in ended]


def _named(operation: str, key: str) -> Describe:
    """Resources under the cluster's tag; the account's default VPC has its own."""

    def describe(stack: EngineStack) -> list[Any]:
        filters = [{"Name": "tag:cluster", "Values": [stack.cluster]}]
        return getattr(stack.client("ec2"), operation)(Filters=filters)[key]

    return describe


GONE: dict[str, Describe] = {
    "instances": _living_instances,
    "VPCs": _named("describe_vpcs", "Vpcs"),
    "subnets": _named("describe_subnets", "Subnets"),
    "route tables": _named("describe_route_tables", "RouteTables"),
    "security groups": _named("describe_security_groups", "SecurityGroups"),
    "network interfaces": _named("describe_network_interfaces", "NetworkInterfaces"),
    "NAT gateways": _of("describe_nat_gateways", "NatGateways", "deleted"),
    "endpoints": _of("describe_vpc_endpoints", "VpcEndpoints", "deleted"),
    "peerings": _of("describe_vpc_peering_connections", "VpcPeeringConnections", "deleted"),
    "addresses": _ec2("describe_addresses", "Addresses"),
    "Internet gateways": _ec2("describe_internet_gateways", "InternetGateways"),
    "launch templates": _ec2("describe_launch_templates", "LaunchTemplates"),
    "flow logs": _ec2("describe_flow_logs", "FlowLogs"),
    "auto-scaling groups": lambda stack: stack.client("autoscaling").describe_auto_scaling_groups()[
        "AutoScalingGroups"
    ],
    "load balancers": lambda stack: stack.client("elbv2").describe_load_balancers()["LoadBalancers"],
    "target groups": lambda stack: stack.client("elbv2").describe_target_groups()["TargetGroups"],
    "roles": lambda stack: stack.client("iam").list_roles()["Roles"],
    "instance profiles": lambda stack: stack.client("iam").list_instance_profiles()["InstanceProfiles"],
    "distributions": lambda stack: stack.client("cloudfront").list_distributions()["DistributionList"].get("Items", []),
    "issuers": lambda stack: stack.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"],
    "hosted zones": lambda stack: stack.client("route53").list_hosted_zones()["HostedZones"],
    "databases": lambda stack: stack.client("rds").describe_db_instances()["DBInstances"],
    "log groups": lambda stack: stack.client("logs").describe_log_groups()["logGroups"],
}


@dataclass(frozen=True)
class Destroyed:
    """A stack that has been destroyed.

    Attributes:
        stack: the stack.
        outputs: its outputs, before.
        counts: how many there were of what is to be gone, before.
    """

    stack: EngineStack
    outputs: Mapping[str, Any]
    counts: Mapping[str, int]

    @property
    def retained(self) -> Mapping[str, str]:
        """Resources that it announced to leave behind: kind → id."""
        return self.outputs["retained"]


@pytest.fixture(scope="module")
def destroyed(local: EngineStack) -> Destroyed:
    """The stack, destroyed."""
    outputs, counts = local.outputs(), {what: len(describe(local)) for what, describe in GONE.items()}
    local.pulumi("destroy", "--yes", "--skip-preview")
    return Destroyed(local, outputs, counts)


def _two_zones_protected(config: dict[str, Any]) -> None:
    config["tripod:network"]["zones"] = {"us-west-2a": 0, "us-west-2b": 1}
    config["tripod:cluster"].update(ha="node", protect=True)
    config["tripod:peers"] = []


@pytest.fixture(scope="module")
def second_life(destroyed: Destroyed) -> EngineStack:
    """A cluster of the destroyed one's name, in two zones, without a database, protected."""
    destroyed.stack.change(_two_zones_protected)
    destroyed.stack.tripod("up", STACK)
    return destroyed.stack


@pytest.mark.parametrize("what", GONE)
def test_what_holds_no_data_is_gone(destroyed: Destroyed, what: str) -> None:
    assert destroyed.counts[what] > 0
    assert GONE[what](destroyed.stack) == []


def test_the_engine_has_nothing_left(destroyed: Destroyed) -> None:
    assert destroyed.stack.export()["deployment"].get("resources", []) == []


def _kept(destroyed: Destroyed, *words: str) -> set[str]:
    """The ids of what was to stay, of the kinds that some words begin or end."""
    return {id_ for what, id_ in destroyed.retained.items() if what.startswith(words) or what.endswith(words)}


def test_exactly_the_members_volumes_are_left(destroyed: Destroyed) -> None:
    volumes = destroyed.stack.client("ec2").describe_volumes()["Volumes"]
    assert {volume["VolumeId"] for volume in volumes} == _kept(destroyed, "volume ")
    assert {volume["State"] for volume in volumes} == {"available"}
    assert len(volumes) == 3


def test_the_snapshots_bucket_is_left_and_still_closed(destroyed: Destroyed) -> None:
    s3 = destroyed.stack.client("s3")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert bucket == destroyed.retained["snapshots"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert "TlsOnly" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]


def test_the_secrets_are_left_with_their_values(destroyed: Destroyed) -> None:
    secrets = destroyed.stack.client("secretsmanager")
    found = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert {secret["ARN"] for secret in found} == _kept(destroyed, "secret ")
    assert [secret["Name"] for secret in found if secret.get("DeletedDate")] == []
    values = {secret["Name"]: secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"] for secret in found}
    assert [name for name, value in values.items() if not value] == []


def test_the_keys_that_decrypt_all_that_are_left_enabled(destroyed: Destroyed) -> None:
    kms = destroyed.stack.client("kms")
    kept = _kept(destroyed, " key")
    assert {kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] for arn in kept} == {"Enabled"}
    aliases = {
        one["TargetKeyId"] for one in kms.list_aliases()["Aliases"] if not one["AliasName"].startswith("alias/aws/")
    }
    assert aliases == {arn.rpartition("/")[2] for arn in kept}
    assert len(kept) == 2


def test_a_database_leaves_a_last_snapshot(destroyed: Destroyed) -> None:
    (snapshot,) = destroyed.stack.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert snapshot["DBInstanceIdentifier"].startswith(destroyed.stack.cluster)


def _incarnation(bucket: str, cluster: str) -> str:
    found = re.fullmatch(f"{cluster}-([0-9a-f]{{8}})-snapshots", bucket)
    assert found
    return found.group(1)


def test_the_name_serves_another_cluster_beside_what_was_left(destroyed: Destroyed, second_life: EngineStack) -> None:
    outputs = second_life.outputs()
    now, before = (
        _incarnation(kept["snapshots"], second_life.cluster) for kept in (outputs["retained"], destroyed.retained)
    )
    assert now != before
    assert not set(outputs["retained"].values()) & set(destroyed.retained.values())
    assert second_life.broken() == set()
    volumes = {volume["VolumeId"] for volume in second_life.client("ec2").describe_volumes()["Volumes"]}
    buckets = {one["Name"] for one in second_life.client("s3").list_buckets()["Buckets"]}
    assert _kept(destroyed, "volume ") <= volumes
    assert destroyed.retained["snapshots"] in buckets


def _grow(config: dict[str, Any]) -> None:
    config["tripod:network"]["zones"]["us-west-2c"] = 2
    config["tripod:etcd"] = {"members": 5}
    config["tripod:cluster"]["ha"] = "zone"
    zones = ["us-west-2a", "us-west-2b"]
    config["tripod:peers"] = [{"name": "example", "cidr": "10.90.0.0/24", "example": {"zones": zones}}]


@pytest.fixture(scope="module")
def grown(second_life: EngineStack) -> Plan:
    """Preview of growth from two zones to three, with the database again."""
    with second_life.changed(_grow):
        return second_life.preview()


def test_two_zones_grow_to_three_by_creating(grown: Plan) -> None:
    changes = grown.changes()
    created, updated = changes.pop("create"), changes.pop("update")
    assert changes == {}
    assert updated == {"cluster-api-internal", "cluster-payload-topology"}
    assert {"cluster-etcd-1-1-data", "cluster-etcd-2-0-data", "cluster-control-plane-group-2"} <= created


def test_another_clusters_database_leaves_a_snapshot_of_another_name(destroyed: Destroyed, grown: Plan) -> None:
    (left,) = destroyed.stack.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert grown.inputs("database-example-instance")["finalSnapshotIdentifier"] != left["DBSnapshotIdentifier"]


def test_a_protected_cluster_refuses_to_be_destroyed_and_serves_on(second_life: EngineStack) -> None:
    resources = len(second_life.export()["deployment"]["resources"])
    done = second_life.pulumi_may_fail("destroy", "--yes")
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "protect" in output
    assert len(second_life.export()["deployment"]["resources"]) == resources
    assert second_life.broken() == set()
