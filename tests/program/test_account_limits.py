"""Limits of a real account: quotas and offered instance types, read from the emulator as from AWS.

The emulator answers Service Quotas for `vpc` alone: the other quotas are AWS' defaults (General Reference, "Amazon EC2
endpoints and quotas", "Elastic Load Balancing endpoints and quotas"), given to its back end.
"""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import Any

import boto3
import pulumi
import pytest
from botocore.exceptions import ClientError
from moto.ec2.models.instance_types import InstanceTypeOfferingBackend
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend

from support.account.in_process import emulated_aws_in_process
from support.rights.granted import action_of, allows
from support.stacks.planned import Change, changed, config_of, plan_settings, project, put, settings_of
from tripod.core.json_types import JsonMapping, JsonObject
from tripod.core.problems import ConfigurationError, Problem
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import record
from tripod.stack import account_preflight
from tripod.stack.account_preflight import account_problems
from tripod.stack.aws_clients import EMULATED_CREDENTIALS
from tripod.stack.rights import rights
from tripod.stack.rights_facts import StackFacts
from tripod.stack.spec import StackSpec

REGION = "us-west-2"
VALUES = {"L-0263D0A3": 5.0, "L-1216C47A": 64.0, "L-F678F1CE": 5.0, "L-69A177A2": 50.0}
_numbers = count(471100000815)


class Account:
    """An account of the emulator that no other test has."""

    def __init__(self, address: str) -> None:
        self.number = str(next(_numbers))
        self._address = address
        role = f"arn:aws:iam::{self.number}:role/deployer"
        found = self._session(EMULATED_CREDENTIALS).assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        self._credentials = {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }
        self.denied: set[str] = set()
        self.called: set[str] = set()

    def _session(self, credentials: dict[str, str], service: str = "sts", region: str = REGION) -> Any:
        factory: Any = boto3
        return factory.client(service, region_name=region, endpoint_url=self._address, **credentials)

    def client(self, service: str, region: str) -> Any:
        client = self._session(self._credentials, service, region)
        client.meta.events.register("before-call", self._deny)
        return client

    def _deny(self, model: Any, **_: Any) -> None:
        self.called.add(action_of(model))
        if model.name in self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": f"no {model.name}"}}, model.name)

    @property
    def ec2(self) -> Any:
        return self.client("ec2", REGION)


@pytest.fixture
def quotas(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    values = dict(VALUES)

    def get_service_quota(_self: object, service_code: str, quota_code: str) -> dict[str, Any]:
        return {"ServiceCode": service_code, "QuotaCode": quota_code, "Value": values[quota_code]}

    monkeypatch.setattr(ServiceQuotasBackend, "get_service_quota", get_service_quota)
    return values


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, quotas: dict[str, float]) -> Generator[Account]:
    with emulated_aws_in_process() as address:
        made = Account(address)

        def clients(profile: str | None) -> Account:
            assert profile is None
            return made

        monkeypatch.setattr(account_preflight, "Clients", clients)
        yield made


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    return said


def _found(account: Account, *changes: Change) -> dict[str, Problem]:
    """Place → problem of the production stack in an account."""
    settings = changed("production", *changes)
    given = {key.partition(":")[2]: value for key, value in settings.items() if key.startswith("tripod:")}
    spec, problems = StackSpec.read({**given, "region": REGION})
    assert spec is not None
    assert problems == []
    return {one.location: one for one in account_problems(spec, account.number)}


@dataclass(frozen=True)
class _RealAccount(PlanBackend):
    account: str = ""

    def invoke(self, function: str, arguments: JsonMapping, provider: str) -> JsonObject:
        answer = super().invoke(function, arguments, provider)
        known = {**answer, "accountId": self.account}
        return known if function == "aws:index/getCallerIdentity:getCallerIdentity" else answer


def test_an_empty_account_with_enough_of_everything_is_not_refused(account: Account, warnings: list[str]) -> None:
    assert _found(account) == {}
    assert warnings == []
    documents = rights("preview", StackFacts(account.number, REGION, "production"))
    assert len(account.called) >= 8
    assert {action for action in account.called if not allows(documents, action)} == set()


def test_quotas_are_in_one_list_with_all_other_problems(account: Account, quotas: dict[str, float]) -> None:
    quotas.update({"L-0263D0A3": 2.0, "L-1216C47A": 35.0, "L-F678F1CE": 2.0, "L-69A177A2": 1.0})
    config = config_of(changed("production", put("tripod:etcd.instanceType", "m7g.3xlarge")))
    with pytest.raises(pulumi.RunError) as refusal:
        record(project(), "test", config, _RealAccount(REGION, account=account.number))
    assert isinstance(refusal.value.__cause__, ConfigurationError)
    found = {one.location: one for one in refusal.value.__cause__.problems}
    assert list(found) == [
        "aws:allowedAccountIds",
        "tripod:addOns.zones.public.id",
        "tripod:etcd.instanceType",
        "tripod:network.nat",
        "tripod:workers",
        "tripod:network",
        "tripod:access.mode",
    ]
    nat = found["tripod:network.nat"]
    assert nat.given == f"3 more elastic IPs beside 0 in {REGION}"
    assert nat.allowed == "2 in all (quota L-0263D0A3)"
    assert "--service-code ec2 --quota-code L-0263D0A3 --desired-value 3" in nat.remedy
    # The default VPC, the cluster's, and the example's.
    assert found["tripod:network"].given == f"2 more VPCs beside 1 in {REGION}"
    assert found["tripod:access.mode"].given == f"2 more network load balancers beside 0 in {REGION}"


def test_vcpus_are_those_of_the_smallest_groups_beside_what_runs(account: Account, quotas: dict[str, float]) -> None:
    quotas["L-1216C47A"] = 42.0
    assert _found(account) == {}
    launch = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1}
    account.ec2.run_instances(**launch, InstanceType="m7g.large")
    account.ec2.run_instances(**launch, InstanceType="m7g.large", InstanceMarketOptions={"MarketType": "spot"})
    account.ec2.run_instances(**launch, InstanceType="g4dn.xlarge")
    quotas["L-1216C47A"] = 43.0
    (problem,) = _found(account).values()
    assert problem.location == "workers"
    assert problem.given == f"42 more vCPUs of on-demand standard instances beside 2 in {REGION}"
    # Of 3 in each of 3 zones, one by the base, and of the other two a tenth, which is one: two as before.
    put_spot = put("tripod:workers.0.spot", {"onDemandBase": 1, "onDemandPercentage": 10})
    (problem,) = _found(account, put_spot, put("tripod:workers.0.minPerZone", 3)).values()
    assert problem.given.startswith("42 more")
    assert _found(account, put_spot, put("tripod:workers.0.minPerZone", 1)) == {}


def test_what_the_stack_has_already_is_not_needed_again(account: Account, quotas: dict[str, float]) -> None:
    quotas.update({"L-0263D0A3": 3.0, "L-1216C47A": 42.0})
    tags = [{"Key": "kubernetes.io/cluster/production", "Value": "owned"}]
    for _ in range(3):
        tagged = [{"ResourceType": "elastic-ip", "Tags": tags}]
        account.ec2.allocate_address(Domain="vpc", TagSpecifications=tagged)
    launch = {"ImageId": "ami-12c6146b", "InstanceType": "m7g.large", "MinCount": 3, "MaxCount": 3}
    account.ec2.run_instances(**launch, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}])
    assert _found(account) == {}
    quotas["L-0263D0A3"] = 2.0  # lowered since: nothing more is needed
    assert _found(account) == {}


def test_a_quota_that_was_never_set_is_aws_default(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def nothing(*_: object, **__: object) -> None:
        raise NoSuchResource

    class Client:
        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def get_aws_default_service_quota(self, **named: str) -> Any:
            asked.append(named["QuotaCode"])
            return {"Quota": {"Value": VALUES[named["QuotaCode"]]}}

    real = account.client

    def client(service: str, region: str) -> Any:
        return Client(real(service, region))

    monkeypatch.setattr(ServiceQuotasBackend, "get_service_quota", nothing)
    monkeypatch.setattr(account, "client", client)
    assert _found(account) == {}
    assert sorted(asked) == sorted(VALUES)


@pytest.mark.parametrize(
    "operation",
    ["GetServiceQuota", "DescribeAddresses", "DescribeInstances", "DescribeInstanceTypeOfferings", "DescribeVpcs"],
)
def test_what_may_not_be_read_is_a_warning(
    account: Account, operation: str, warnings: list[str], quotas: dict[str, float]
) -> None:
    quotas["L-69A177A2"] = 1.0
    account.denied.add(operation)
    assert list(_found(account)) == ([] if operation == "GetServiceQuota" else ["access.mode"])
    assert any(f"no {operation}" in one and "not checked before the update" in one for one in warnings)


def test_a_type_that_one_zone_lacks_is_refused_where_no_other_stands_in(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Any = InstanceTypeOfferingBackend.describe_instance_type_offerings
    lacks = {("m7g.large", f"{REGION}b"), ("m7g.xlarge", f"{REGION}c")}

    def without(*args: Any, **named: Any) -> list[Any]:
        return [one for one in real(*args, **named) if (one["InstanceType"], one["Location"]) not in lacks]

    monkeypatch.setattr(InstanceTypeOfferingBackend, "describe_instance_type_offerings", without)
    found = _found(account, put("tripod:workers.0.instanceTypes", ["m7g.large", "m7g.xlarge"]))
    assert sorted(found) == ["controlPlane.instanceType", "etcd.instanceType"]
    assert f"{REGION}b does not" in found["etcd.instanceType"].allowed
    assert f"{REGION}c does not" in found["controlPlane.instanceType"].allowed


def test_an_account_without_a_default_vpc_is_warned_of(account: Account, warnings: list[str]) -> None:
    (default,) = account.ec2.describe_vpcs()["Vpcs"]
    for subnet in account.ec2.describe_subnets()["Subnets"]:
        account.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    account.ec2.delete_vpc(VpcId=default["VpcId"])
    assert _found(account) == {}
    (warning,) = warnings
    assert f"no default VPC in {REGION}" in warning


def test_credentials_of_another_account_are_not_asked(
    account: Account, warnings: list[str], quotas: dict[str, float]
) -> None:
    quotas["L-0263D0A3"] = 0.0
    other, account.number = account.number, "999900000815"
    assert _found(account) == {}
    assert warnings == [
        f"limits of the account: not checked. The provider's is 999900000815, these credentials' is {other}"
    ]


def _with_etcd_of(type_: str) -> dict[str, Any]:
    settings = changed("staging", put("tripod:etcd.instanceType", type_))
    settings["aws:region"] = "ca-west-1"
    settings["tripod:network"]["zones"] = {"ca-west-1a": 0, "ca-west-1b": 1, "ca-west-1c": 2}
    settings["tripod:peers"] = []
    settings["tripod:controlPlane"] = {"instanceType": "m8g.large"}
    settings["tripod:workers"] = [{**settings_of("staging")["tripod:workers"][0], "instanceTypes": ["m8g.large"]}]
    return settings


def test_a_plan_goes_by_the_record(warnings: list[str]) -> None:
    """ca-west-1 has no m7g; m99g is newer than the record."""
    with pytest.raises(pulumi.RunError) as refusal:
        plan_settings(_with_etcd_of("m7g.large"))
    assert isinstance(refusal.value.__cause__, ConfigurationError)
    (problem,) = refusal.value.__cause__.problems
    assert problem.location == "tripod:etcd.instanceType"
    assert "ca-west-1 offers, as recorded on 20" in problem.allowed
    assert warnings == []
    plan_settings(_with_etcd_of("m99g.large"))
    (warning,) = warnings
    assert "instance type m99g.large" in warning
