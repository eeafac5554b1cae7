"""A name in an emulated Route 53 that is to move, and an engine that remembers what it has made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pulumi

from support.account.in_process import emulated_aws_in_process
from support.account.rehearsed import with_an_account_of_its_own
from support.operations.cutover_samples import CUTOVER, HOST, OLD_SIDE
from support.stacks.planned import config_of
from tripod import WeightedCutover
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.dns.spec import CutoverSpec
from tripod.operations.cutover.http_probe import Request
from tripod.operations.cutover.plan import CutoverPlan
from tripod.operations.cutover.refusals import Action
from tripod.operations.cutover.run import Cutover
from tripod.rehearsal.moto_backend import MotoBackend
from tripod.rehearsal.program import Recording, record_function
from tripod.rehearsal.recorder import Registration
from tripod.stack.aws_clients import EMULATED_CREDENTIALS, Clients

REGION = "us-west-2"
OWNED: Any = {"cluster_name": "demo", "tags": {"project": "p", "owner": "o", "environment": "e"}}


@dataclass
class Engine:
    """A backend that makes what it has not made yet, as an engine with a state does. It changes and deletes nothing."""

    inner: MotoBackend
    made: dict[str, tuple[Any, dict[str, Any]]] = field(default_factory=dict[str, tuple[Any, dict[str, Any]]])

    def create(self, registration: Registration) -> tuple[Any, dict[str, Any]]:
        if registration.urn not in self.made:
            self.made[registration.urn] = self.inner.create(registration)
        return self.made[registration.urn]

    def invoke(self, function: str, arguments: Mapping[str, Any], provider: str) -> dict[str, Any]:
        return self.inner.invoke(function, arguments, provider)


@dataclass
class CutoverAccount:
    """An account with a zone, a name that leads to the old side, and a clock.

    Attributes:
        address: the account's.
        route53: a client.
        engine: what runs the program.
        zone: the zone's id.
        values: the cut-over, as a stack file has it.
        now: the time.
        unhealthy: why the new side is not well.
    """

    address: str
    route53: Any
    engine: Engine
    zone: str
    values: dict[str, Any]
    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)
    unhealthy: str = ""
    asked: list[Request] = field(default_factory=list[Request])

    @classmethod
    def at(cls, address: str) -> "CutoverAccount":
        session: Any = boto3
        client = session.client("route53", region_name=REGION, endpoint_url=address, **EMULATED_CREDENTIALS)
        made = client.create_hosted_zone(Name="example.com", CallerReference=address)
        zone = made["HostedZone"]["Id"].rsplit("/", 1)[1]
        engine = Engine(MotoBackend(Clients(address), REGION))
        return cls(address, client, engine, zone, {**CUTOVER, "zoneId": zone})

    def put(self, action: str = "CREATE", **record: Any) -> None:
        """Change a record by hand; by default make the one that leads to the old side."""
        values = [{"Value": record.pop("target", OLD_SIDE)}]
        told = {"Name": HOST, "Type": "CNAME", "TTL": 3600, "ResourceRecords": values, **record}
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": told}]}
        self.route53.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch=batch)

    def up(self, **changes: Any) -> Recording:
        """Run a program with the cut-over, as `pulumi up` does."""
        self.values |= changes
        args = {**OWNED, **{key: value for key, value in self.values.items() if value is not None}}

        def program() -> None:
            cutover = WeightedCutover("shop", args)  # pyright: ignore
            pulumi.export("testUrl", cutover.test_url)
            pulumi.export("excluded", cutover.excluded_names)

        return record_function(program, "shop", "test", config_of({"aws:region": REGION}), self.engine)

    def probe(self, question: Request) -> str:
        self.asked.append(question)
        return self.unhealthy

    def moving(self, route53: Any = None, probe: Callable[[Request], str] | None = None) -> Cutover:
        spec = CutoverSpec.load(self.values)
        return Cutover(spec, route53 or self.route53, probe or self.probe, lambda: self.now)

    def move(self, action: Action, *, after: timedelta = timedelta(), early: bool = False) -> CutoverPlan:
        """Make a move, some time later."""
        self.now += after
        return self.moving().make(action, RetryPolicy(seconds=5), lambda _: None, early=early)

    def records(self) -> dict[str, tuple[int | None, int | None]]:
        """Set identifier → weight and TTL, of the name's records; one without an identifier is called simple."""
        found = self.route53.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        return {
            one.get("SetIdentifier", "simple"): (one.get("Weight"), one.get("TTL"))
            for one in found
            if one["Name"] == f"{HOST}."
        }

    def names(self) -> set[tuple[str, str]]:
        """Names and types of all records that the zone did not come with."""
        found = self.route53.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        return {(one["Name"], one["Type"]) for one in found if one["Type"] not in ("NS", "SOA")}


def in_an_account_of_its_own(test: Callable[[CutoverAccount], None]) -> Callable[[], None]:
    """Run a test in a forked child, with an emulated account that no other test has."""

    @with_an_account_of_its_own
    def run() -> None:
        with emulated_aws_in_process() as address:
            test(CutoverAccount.at(address))

    return run
