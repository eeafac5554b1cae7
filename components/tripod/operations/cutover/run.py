"""Run of a cut-over in Route 53: read the records, check the new side's health, make a step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from botocore.exceptions import ClientError

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.core.json_types import JsonMapping
from tripod.dns.records import NEW, ObservedRecords, RecordSet, note_name, observed_records, plain_name, target_of
from tripod.dns.spec import CutoverSpec
from tripod.operations.cutover.action import Action
from tripod.operations.cutover.http_probe import Request
from tripod.operations.cutover.plan import NEED_HEALTH, CutoverPlan, cutover_plan
from tripod.operations.cutover.refusals import CutoverState
from tripod.operations.errors import OperationError, Refusal, RefusedError
from tripod.operations.waiting import Log, NotYetError, await_result
from tripod.stack.aws_clients import Boto3Client

Probe = Callable[[Request], str]
"""Probes a load balancer; returns the fault of its answer, or an empty string."""

_PENDING = "PENDING"


@dataclass(frozen=True)
class Cutover:
    """A cut-over.

    Attributes:
        spec: the cut-over.
        route53: a client of Route 53.
        probe: probes a load balancer; None if this machine cannot reach it.
        clock: the time now.
    """

    spec: CutoverSpec
    route53: Boto3Client
    probe: Probe | None
    clock: Callable[[], datetime]

    def observe(self) -> ObservedRecords:
        """The records of the name in Route 53."""
        names = (self.spec.host, note_name(self.spec.host))
        return observed_records(
            self.spec.host, [one for name in names for one in self._records(self.spec.zone_id, name)]
        )

    def plan(self, action: Action, *, early: bool = False) -> CutoverPlan:
        """The step as it would be made now."""
        found = self.observe()
        unhealthy = tuple(self.unhealthy_reasons(found)) if action in NEED_HEALTH else ()
        return cutover_plan(action, CutoverState(self.spec, found, self.clock(), unhealthy, early))

    def make(self, action: Action, retry_policy: RetryPolicy, log: Log, *, early: bool = False) -> CutoverPlan:
        """Make a step, and wait until all of Route 53's servers have it.

        Raises:
            RefusedError: it is not begun; nothing was changed.
            OperationError: another client changed the records meanwhile, or Route 53 took too long.
        """
        plan = self.plan(action, early=early)
        if plan.refusals:
            raise RefusedError(plan.refusals)
        log(plan.does)
        if plan.changes:
            change = self._change(plan)
            await_result("Route 53's servers", lambda: self._insync(change), retry_policy, log)
        return plan

    def unhealthy_reasons(self, found: ObservedRecords) -> Iterator[Refusal]:
        """Reasons for which the new side is unhealthy, by this machine's probe and by Route 53's health check."""
        if self.probe is None and not self.spec.health.route53:
            remedy = "run it where the new side can be reached, or turn health.route53 on"
            yield Refusal(self.spec.host, "nothing says whether the new side is healthy", remedy)
        yield from self._probed(found)
        if self.spec.health.route53:
            yield from self._checked(found)

    def _probed(self, found: ObservedRecords) -> Iterator[Refusal]:
        if self.probe is None:
            return
        new = found.new or self._test_record()
        if new is None:
            yield Refusal(self.spec.test_host, "it has no record", "run `pulumi up`, and try the test name first")
            return
        health = self.spec.health
        tls = health.scheme == "https"
        for host in (self.spec.test_host, self.spec.host):
            why = self.probe(Request(target_of(new), host, health.effective_port, health.path, tls))
            if why:
                remedy = "mend the new side; `--no-probe` where this machine cannot reach it"
                yield Refusal(f"the {NEW} side", why, remedy)

    def _checked(self, found: ObservedRecords) -> Iterator[Refusal]:
        ids = [found.new["HealthCheckId"]] if found.new and "HealthCheckId" in found.new else list(self._checks())
        if not ids:
            yield Refusal(self.spec.test_host, "Route 53 has no health check of it", "run `pulumi up`")
        for id_ in ids:
            answers = self.route53.get_health_check_status(HealthCheckId=id_)["HealthCheckObservations"]
            statuses = [str(one["StatusReport"]["Status"]) for one in answers]
            bad = [status for status in statuses if not status.startswith("Success")]
            # Route 53 itself is content with a fifth of its checkers: to move people more must be.
            if 2 * len(bad) >= len(statuses):
                example = f": {bad[0]}" if bad else ""
                evidence = f"{len(bad)} of Route 53's {len(statuses)} checkers find it unhealthy{example}"
                yield Refusal(f"health check {id_}", evidence, f"mend what {self.spec.test_host} leads to")

    def _checks(self) -> Iterator[str]:
        """Health checks of the test name: before there are weights, no record names one."""
        for page in self.route53.get_paginator("list_health_checks").paginate():
            for check in page["HealthChecks"]:
                if check["HealthCheckConfig"].get("FullyQualifiedDomainName") == self.spec.test_host:
                    yield check["Id"]

    def _test_record(self) -> RecordSet | None:
        records = self._records(self.spec.test_zone_id or self.spec.zone_id, self.spec.test_host)
        return next((one for one in records if one["Type"] in ("A", "CNAME")), None)

    def _records(self, zone: str, name: str) -> Iterator[RecordSet]:
        """Record sets of a name. A zone is listed in the order of names, from one on."""
        pages = self.route53.get_paginator("list_resource_record_sets").paginate(
            HostedZoneId=zone, StartRecordName=name
        )
        listed: Iterator[RecordSet] = (one for page in pages for one in page["ResourceRecordSets"])
        return takewhile(lambda one: plain_name(one["Name"]) == name, listed)

    def _change(self, plan: CutoverPlan) -> str:
        batch = {"Comment": "tripod cutover", "Changes": list(plan.changes)}
        try:
            answer = self.route53.change_resource_record_sets(HostedZoneId=self.spec.zone_id, ChangeBatch=batch)
        except ClientError as error:
            answered: JsonMapping = error.response
            if answered["Error"]["Code"] != "InvalidChangeBatch":
                raise
            raise OperationError(
                f"Route 53 changed nothing: {answered['Error']['Message']}. "
                "Another client may have changed the records meanwhile: look at `status`, and run it again"
            ) from error
        return answer["ChangeInfo"]["Id"]

    def _insync(self, change: str) -> None:
        if self.route53.get_change(Id=change)["ChangeInfo"]["Status"] == _PENDING:
            raise NotYetError("not all of them answer so yet")
