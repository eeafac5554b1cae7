"""Taking a cluster down in an account where others have things too: what goes, what stays, what is spared."""

import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.account.owners_vpc import OwnersVpc
from support.account.rehearsed import Copy, Rehearsed, rehearsed_stack, with_an_account_of_its_own
from support.add_ons.external_dns import arguments_of
from support.command import write_pulumi
from support.faults.finding import let_in
from support.operations.agents import account
from support.operations.command import tripod
from support.operations.kubernetes_made import Agents, Controllers, sign
from support.stacks.planned import planned
from tripod.operations.delete.leftovers import leftovers

OWNED = "kubernetes.io/cluster/local"
SERVICE = "kubernetes.io/service-name"
HOLDING = {
    "aws:ebs/volume:Volume": "ec2",
    "aws:kms/key:Key": "kms",
    "aws:secretsmanager/secret:Secret": "secretsmanager",
    "aws:s3/bucket:Bucket": "s3",
}
"""Type of what has an ARN and a tag, and holds something → its service."""

NOTHING_HELD: dict[str, list[str]] = {"services": [], "claims": [], "kept": []}


def own_network(copy: Copy) -> tuple[str, str]:
    """A subnet of the cluster, and its VPC."""
    found = account(copy)
    return found.subnets[0]["SubnetId"], found.vpc_id


def kept_by_the_engine() -> Counter[str]:
    """How many resources of each service a destroy leaves behind."""
    declared = planned("local").registrations.values()
    return Counter(HOLDING[one.type] for one in declared if one.retain and one.type in HOLDING)


@dataclass(frozen=True)
class SharedVpc:
    """An adopted VPC with the cluster in it, what Kubernetes made for the cluster, and what is not the cluster's."""

    copy: Copy
    made: list[str]
    kept: str
    zone: str

    def foreign(self) -> dict[str, Any]:
        """Everything in the account that a cluster's end could touch by mistake."""
        elb, rds, mine = self.copy.client("elbv2"), self.copy.client("rds"), set(self.made)
        records = self.copy.client("route53").list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        groups = self.copy.ec2.describe_security_groups()["SecurityGroups"]
        return {
            "balancers": [
                one for one in elb.describe_load_balancers()["LoadBalancers"] if one["LoadBalancerArn"] not in mine
            ],
            "targets": [
                one for one in elb.describe_target_groups()["TargetGroups"] if one["TargetGroupArn"] not in mine
            ],
            "groups": [one["GroupId"] for one in groups if one["GroupId"] not in mine],
            "volumes": [one for one in self.copy.ec2.describe_volumes()["Volumes"] if one["VolumeId"] not in mine],
            # moto says the present moment for what could be restored.
            "databases": [{**one, "LatestRestorableTime": None} for one in rds.describe_db_instances()["DBInstances"]],
            "records": [one for one in records if "ours" not in one["Name"]],
            "instances": [
                one["Instances"][0]["InstanceId"] for one in self.copy.ec2.describe_instances()["Reservations"]
            ],
        }

    def left(self) -> list[str]:
        return [one.id for one in leftovers(account(self.copy))]


def filled(copy: Copy, vpc: OwnersVpc) -> SharedVpc:
    """Put into the adopted VPC what Kubernetes made, and what it did not."""
    subnet = vpc.zones["us-west-2a"]["public"]["id"]
    ours = Controllers(copy, {OWNED: "owned", SERVICE: "ingress/nginx"})
    theirs = Controllers(copy, {"kubernetes.io/cluster/other": "owned"})
    shared = Controllers(copy, {OWNED: "shared"})
    nobodys = Controllers(copy, {"project": "else"})
    made = ours.load_balancer("ours", subnet, vpc.id)
    # As a classic load balancer's group was let in before DisableSecurityGroupIngress: it holds the group.
    let_in(copy, account(copy).groups["workers"]["GroupId"], made[2], 1, 65535)
    made.append(ours.volume())
    kept = ours.volume()
    for number, others in enumerate((theirs, shared, nobodys)):
        others.load_balancer(f"foreign-{number}", subnet, vpc.id)
        others.volume()
    rds = copy.client("rds")
    subnets = [vpc.zones[zone]["nodes"]["id"] for zone in vpc.zones]
    rds.create_db_subnet_group(DBSubnetGroupName="theirs", DBSubnetGroupDescription="theirs", SubnetIds=subnets)
    rds.create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t4g.micro", Engine="postgres", DBSubnetGroupName="theirs"
    )
    zone = copy.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    given = arguments_of("local", "public")
    sign(copy, zone, "ours.example.com", given)
    # Another cluster's, whose name begins as ours.
    sign(copy, zone, "theirs.example.com", [one.replace("local-public", "local-public-public") for one in given])
    cut_over = {"Name": "shop.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    copy.client("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": cut_over}]}
    )
    return SharedVpc(copy, made, kept, zone)


@with_an_account_of_its_own
def test_what_kubernetes_made_is_swept_and_all_that_is_not_ours_is_spared() -> None:
    owners: list[OwnersVpc] = []

    def prepare(copy: Copy) -> Any:
        owners.append(OwnersVpc(copy))
        return owners[0].adopt()

    with rehearsed_stack("local", None, prepare) as rehearsed:
        rehearsed.in_a_copy(lambda copy: _delete(copy, owners[0]))


def _delete(copy: Copy, vpc: OwnersVpc) -> None:
    """Delete a cluster, and begin again."""
    there = filled(copy, vpc)
    held = {"services": ["ingress/nginx"], "claims": ["shop/data-0"], "kept": [there.kept]}
    agents = Agents(copy, held)
    before = there.foreign()

    code, said = tripod(copy, "delete", "local", agents=agents)
    assert code == 0, said
    assert (there.left(), there.foreign(), agents.released) == ([*there.made, there.kept], before, [])
    for part in (
        "Service ingress/nginx with its load balancer",
        *there.made,
        "DNS CNAME ours.example.com.",
        "Spared: in the same VPC, and not the cluster's",
        "database orders",
        f"volume {there.kept}",
        "Nothing was changed. `--yes` does it.",
    ):
        assert part in said, part
    stays = said.partition("Stays: ")[2].partition("Spared: ")[0].splitlines()[1:]
    assert Counter(line.split(":")[2] for line in stays if "arn:" in line) == kept_by_the_engine()
    assert "theirs.example.com" not in said
    assert "foreign-0" in said.partition("Spared")[2]
    assert "foreign-0" not in said.partition("Spared")[0]

    code, said = tripod(copy, "delete", "local", "--yes", agents=agents)
    assert code == 0, said
    assert agents.released == [{"claims": True}]
    assert there.left() == [there.kept]
    assert there.foreign() == before
    assert "of others in the same VPC: unchanged" in said
    assert "pulumi destroy --stack local --exclude-protected" in said

    # Begun again, it finds nothing to remove.
    code, said = tripod(copy, "delete", "local", "--yes", "--json", agents=agents)
    assert code == 0, said
    assert '"removed": []' in said


@pytest.mark.parametrize(
    ("options", "code"), [((), 2), (("--without-api",), 0), (("--without-api", "--keep-volumes"), 0)]
)
def test_without_an_api_nothing_is_removed_unless_told_and_no_volume_ever(
    local: Rehearsed, options: tuple[str, ...], code: int
) -> None:
    def act(copy: Copy) -> tuple[int, str, list[str], list[str]]:
        ours = Controllers(copy, {OWNED: "owned"})
        made = [*ours.load_balancer("ours", *own_network(copy)), ours.volume()]
        told = tripod(copy, "delete", "local", "--yes", *options, agents=Agents(copy, None))
        return *told, made, [one.id for one in leftovers(account(copy))]

    found, said, made, left = local.in_a_copy(act)
    assert found == code, said
    assert left == (made if code else made[-1:])
    assert ("`--without-api`" in said) is bool(code)


@pytest.mark.parametrize("options", [(), ("--keep-volumes",)])
def test_snapshots_and_parameters_go_or_stay_as_documented(local: Rehearsed, options: tuple[str, ...]) -> None:
    def act(copy: Copy) -> tuple[list[str], list[str], str, set[str], set[str]]:
        ours, theirs = (Controllers(copy, {f"kubernetes.io/cluster/{name}": "owned"}) for name in ("local", "other"))
        volume, another = ours.volume(), theirs.volume()
        gone, kept, foreign = ours.snapshot(volume), ours.snapshot(volume), theirs.snapshot(another)
        ssm = copy.client("ssm")
        for cluster in ("local", "other"):
            for name in ("join-token", "etcd/initialised"):
                ssm.put_parameter(Name=f"/{cluster}/0a1b2c3d/{name}", Value="1", Type="String")
        agents = Agents(copy, {"services": [], "claims": [], "kept": [kept]}, [])
        shown = tripod(copy, "delete", "local", *options, "--json", agents=agents)[1]
        code, said = tripod(copy, "delete", "local", *options, "--yes", "--minutes", "1", agents=agents)
        assert code == 0, said
        names = {one["Name"] for one in ssm.describe_parameters()["Parameters"]}
        listed = copy.ec2.describe_snapshots(Filters=[{"Name": "tag-key", "Values": ["CSIVolumeSnapshotName"]}])
        return [gone, volume], [kept, foreign], shown, {one["SnapshotId"] for one in listed["Snapshots"]}, names

    (gone, volume), (kept, foreign), shown, snapshots, parameters = local.in_a_copy(act)
    plan = json.loads(shown)
    swept = {one["id"] for one in plan["swept"]}
    others = {"/other/0a1b2c3d/etcd/initialised", "/other/0a1b2c3d/join-token"}
    assert parameters == {"/local/0a1b2c3d/etcd/initialised", *others}
    assert "ssm parameter /local/0a1b2c3d/etcd/initialised" in plan["stays"]
    assert not {"ec2 snapshot", "ssm parameter"} & plan["destroyed"].keys()
    if options:
        assert (swept, snapshots) == ({"/local/0a1b2c3d/join-token"}, {gone, kept, foreign})
        assert {gone, kept, volume} <= set(plan["stays"])
    else:
        assert (swept, snapshots) == ({"/local/0a1b2c3d/join-token", volume, gone}, {kept, foreign})
        assert kept in plan["stays"]


def test_a_dead_api_goes_although_nothing_else_is_held(local: Rehearsed) -> None:
    def act(copy: Copy) -> list[tuple[int, str, int]]:
        held: dict[str, list[str]] = {"services": [], "claims": [], "kept": [], "apis": ["v1beta1.metrics.k8s.io"]}
        agents, told = Agents(copy, held, []), list[tuple[int, str, int]]()
        for options in ((), ("--yes",)):
            code, said = tripod(copy, "delete", "local", *options, agents=agents)
            told.append((code, said, len(agents.released)))
        return told

    (shown, said, before), (done, _, after) = local.in_a_copy(act)
    assert (shown, before, done, after) == (0, 0, 0, 1)
    assert "API v1beta1.metrics.k8s.io, which does not answer" in said


def test_the_apis_load_balancer_is_freed_for_the_engine_and_no_other(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[list[tuple[int, list[str]]], str]:
        elb, found = copy.client("elbv2"), account(copy)
        other = copy.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        subnet = copy.ec2.create_subnet(VpcId=other, CidrBlock="10.77.0.0/24")["Subnet"]["SubnetId"]
        tags = {"kubernetes.io/cluster/other": "owned", "tripod:role": "api"}
        theirs = Controllers(copy, tags).load_balancer("theirs", subnet, other)[0]
        api = found.load_balancers[0]["LoadBalancerArn"]
        for arn in (api, theirs):
            protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
            elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protection)
        held: dict[str, list[str]] = {"services": [], "claims": [], "kept": []}
        told: list[tuple[int, list[str]]] = []
        for options in ((), ("--yes",), ("--yes",)):
            code, _ = tripod(copy, "delete", "local", *options, agents=Agents(copy, held, []))
            told.append((code, [name for name, arn in (("api", api), ("theirs", theirs)) if protected(elb, arn)]))
        elb.delete_load_balancer(LoadBalancerArn=api)
        return told, next(one["LoadBalancerName"] for one in elb.describe_load_balancers()["LoadBalancers"])

    told, left = local.in_a_copy(act)
    assert told == [(0, ["api", "theirs"]), (0, ["theirs"]), (0, ["theirs"])]
    assert left == "theirs"


def protected(elb: Any, arn: str) -> bool:
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    return {"Key": "deletion_protection.enabled", "Value": "true"} in attributes


def test_something_foreign_in_the_clusters_own_network_forbids_its_end(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[int, str]:
        Controllers(copy, {"project": "else"}).load_balancer("foreign", *own_network(copy))
        return tripod(copy, "delete", "local", "--yes", agents=Agents(copy, NOTHING_HELD))

    code, said = local.in_a_copy(act)
    assert code == 2
    assert "is in the cluster's own VPC and not the cluster's" in " ".join(said.split())
    assert "foreign" in said


def test_a_foreign_group_that_lets_a_load_balancer_in_is_named_and_not_changed(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[int, str, str, int]:
        ours = Controllers(copy, {OWNED: "owned"})
        made = ours.load_balancer("ours", *own_network(copy))
        other = copy.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        theirs = copy.ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=other)["GroupId"]
        let_in(copy, theirs, made[2], 443)
        code, said = tripod(copy, "delete", "local", "--yes", "--minutes", "1", agents=Agents(copy, NOTHING_HELD))
        rules = copy.ec2.describe_security_groups(GroupIds=[theirs])["SecurityGroups"][0]["IpPermissions"]
        return code, said, made[2], len(rules)

    _, said, group, rules = local.in_a_copy(act)
    assert rules == 1
    assert f"security group {group}" in said


def test_a_token_that_is_published_while_the_engine_destroys_goes_too(
    local: Rehearsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "/local/0a1b2c3d/join-token"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def act(copy: Copy) -> tuple[int, str, list[str]]:
        engine = tmp_path / "pulumi"
        engine.write_text(
            f"#!{sys.executable}\nimport boto3\n"
            f"ssm = boto3.client('ssm', region_name={copy.region!r}, endpoint_url={copy.address!r}, "
            "aws_access_key_id='a', aws_secret_access_key='a')\n"
            f"ssm.put_parameter(Name={name!r}, Value='1', Type='String', Overwrite=True)\n"
        )
        engine.chmod(0o755)
        held: dict[str, list[str]] = {"services": [], "claims": [], "kept": []}
        code, said = tripod(copy, "delete", "local", "--yes", "--json", agents=Agents(copy, held, []))
        return code, said, [one["Name"] for one in copy.client("ssm").describe_parameters()["Parameters"]]

    code, said, left = local.in_a_copy(act)
    assert (code, left) == (0, []), said
    assert name in said


def test_where_there_is_an_engine_it_destroys_the_rest_but_for_what_is_protected(
    local: Rehearsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    write_pulumi(tmp_path, f'echo "$*" >> {calls}\nexit $(cat {tmp_path}/code)')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def act(copy: Copy) -> list[tuple[int, str]]:
        told: list[tuple[int, str]] = []
        for code in ("0", "3"):
            (tmp_path / "code").write_text(code)
            told.append(tripod(copy, "delete", "local", "--yes", agents=Agents(copy, NOTHING_HELD)))
        return told

    (done, _), (failed, said) = local.in_a_copy(act)
    assert calls.read_text().splitlines()[0] == "destroy --stack local --exclude-protected --yes --non-interactive"
    assert (done, failed) == (0, 1)
    assert "--exclude-protected --yes --non-interactive` ended with 3" in said
