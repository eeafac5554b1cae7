"""A name moves from an old load balancer to the cluster, in an emulated Route 53, and back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from support.operations.cutover import CutoverAccount, in_an_account_of_its_own
from support.operations.cutover_samples import HOST, NEW_ALIAS, NEW_SIDE, OLD_ALIAS, OLD_SIDE, TEST_HOST
from tripod import ConfigurationError
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.cutover.refusals import Action
from tripod.operations.errors import OperationError, RefusedError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET = RetryPolicy(seconds=1, first=0.01, longest=0.02)


def begin(account: CutoverAccount) -> None:
    """Give the name weights, all at the old side."""
    account.put()
    account.up()
    account.move(Action.LOWER_TTL)
    account.move(Action.START, after=HOUR)
    account.up(stage="weights")


def refused(move: Callable[[], Any]) -> str:
    with pytest.raises(RefusedError) as refusal:
        move()
    return str(refusal.value)


@in_an_account_of_its_own
def test_a_name_moves_in_steps_and_back_and_the_old_side_goes_last(account: CutoverAccount) -> None:
    account.put()
    outputs = account.up().outputs
    assert outputs["testUrl"] == f"https://{TEST_HOST}/"
    assert outputs["excluded"] == [TEST_HOST, HOST]
    assert account.records() == {"simple": (None, 3600)}
    assert "its TTL is 3600 s" in refused(lambda: account.move(Action.START))
    account.move(Action.LOWER_TTL)
    assert account.records() == {"simple": (None, 60)}
    assert "wait until 2026-03-01 13:00 UTC" in refused(lambda: account.move(Action.START))
    account.move(Action.START, after=HOUR)
    assert account.records() == {"old": (100, 60)}
    account.up(stage="weights")
    assert account.records() == {"old": (100, 60), "new": (0, 60)}
    seen = [_advanced(account, timedelta()), _advanced(account, HOUR), _advanced(account, HOUR)]
    assert seen == [(90, 10), (50, 50), (0, 100)]
    assert "keep it until" in refused(lambda: account.move(Action.FINISH))
    account.move(Action.BACK)
    assert account.records() == {"old": (100, 60), "new": (0, 60)}
    seen = [_advanced(account, timedelta()), _advanced(account, HOUR), _advanced(account, HOUR)]
    assert seen[-1] == (0, 100)
    assert "keep it until" in refused(lambda: account.move(Action.FINISH, after=6 * DAY))
    account.move(Action.FINISH, after=DAY)
    assert account.records() == {"new": (100, 300)}
    account.up(stage="finished", old=None)
    assert account.names() == {(f"{HOST}.", "CNAME"), (f"{TEST_HOST}.", "CNAME")}
    assert "has been dropped" in refused(lambda: account.move(Action.BACK))


def _advanced(account: CutoverAccount, after: timedelta) -> tuple[int | None, int | None]:
    """The weights after a step; a step that comes too early is refused."""
    if after:
        assert "add `--early`" in refused(lambda: account.move(Action.ADVANCE, after=after - timedelta(minutes=1)))
        after = timedelta(minutes=1)
    account.move(Action.ADVANCE, after=after)
    found = account.records()
    return found["old"][0], found["new"][0]


@in_an_account_of_its_own
def test_aliases_move_too_and_two_names_of_one_zone_do_not_meet(account: CutoverAccount) -> None:
    account.values |= {"old": OLD_ALIAS, "new": NEW_ALIAS}
    target = {"HostedZoneId": "Z1OLD", "DNSName": OLD_SIDE, "EvaluateTargetHealth": True}
    for name in (HOST, f"other.{HOST}"):
        record = {"Name": name, "Type": "A", "AliasTarget": target}
        weighted = {"SetIdentifier": "old", "Weight": 7} if name != HOST else {}
        changes = [{"Action": "CREATE", "ResourceRecordSet": {**record, **weighted}}]
        account.route53.change_resource_record_sets(HostedZoneId=account.zone, ChangeBatch={"Changes": changes})
    account.up()
    assert "nothing is to be lowered" in account.move(Action.LOWER_TTL).does
    account.move(Action.START)
    account.up(stage="weights")
    account.move(Action.ADVANCE)
    assert account.records() == {"old": (90, None), "new": (10, None)}
    account.move(Action.ADVANCE, early=True)
    account.move(Action.ADVANCE, early=True)
    account.move(Action.FINISH, after=7 * DAY)
    assert account.records() == {"new": (100, None)}
    assert (f"other.{HOST}.", "A") in account.names()


@in_an_account_of_its_own
def test_what_is_declared_holds_fast_to_what_a_name_leads_to(account: CutoverAccount) -> None:
    declared = {one.name: one for one in account.up(stage="weights").registrations.values()}
    old, new, check = declared["shop-old"], declared["shop-new"], declared["shop-health"]
    assert all(one.protect for one in (old, new, check))
    for record in (old, new):
        kept = {"weightedRoutingPolicies", "ttl", "aliases", "records", "healthCheckId"}
        assert kept <= set(record.ignore_changes)
    assert new.inputs["healthCheckId"] == check.id
    assert "healthCheckId" not in old.inputs
    assert check.inputs["fqdn"] == TEST_HOST
    assert not declared["shop-test"].protect
    assert account.records() == {"old": (100, 60), "new": (0, 60)}


@in_an_account_of_its_own
def test_the_way_back_asks_neither_the_new_side_nor_the_clock(account: CutoverAccount) -> None:
    begin(account)
    account.move(Action.ADVANCE)
    account.unhealthy, account.asked = "answers 503", []
    assert "answers 503" in refused(lambda: account.move(Action.ADVANCE, after=HOUR))
    assert account.asked
    account.asked = []
    account.move(Action.BACK)
    assert account.records()["old"] == (100, 60)
    assert account.asked == []
    assert "answers 503" in refused(lambda: account.move(Action.ADVANCE))


@in_an_account_of_its_own
def test_the_new_side_is_asked_for_both_names_before_anybody_is_moved(account: CutoverAccount) -> None:
    begin(account)
    account.asked = []
    account.move(Action.ADVANCE)
    assert {(one.address, one.host, one.port, one.tls) for one in account.asked} == {
        (NEW_SIDE, HOST, 443, True),
        (NEW_SIDE, TEST_HOST, 443, True),
    }


class Client:
    """Route 53, but for some of its answers."""

    def __init__(self, inner: Any, **answers: Callable[..., Any]) -> None:
        self._inner, self._answers = inner, answers

    def __getattr__(self, name: str) -> Any:
        return self._answers.get(name) or getattr(self._inner, name)


def _answering(answer: Any) -> Callable[..., Any]:
    def answered(**_: Any) -> Any:
        return answer

    return answered


@in_an_account_of_its_own
def test_a_health_check_that_most_checkers_find_ill_stops_a_step(account: CutoverAccount) -> None:
    def status(*said: str) -> Callable[..., Any]:
        return _answering({"HealthCheckObservations": [{"StatusReport": {"Status": one}} for one in said]})

    begin(account)
    for said, unhealthy in (
        (("Success: 200", "Success: 200", "Failure: timed out"), False),
        (("Success: 200", "Failure: timed out"), True),
        ((), True),
    ):
        client = Client(account.route53, get_health_check_status=status(*said))
        plan = account.moving(client).plan(Action.ADVANCE)
        assert bool(plan.refusals) == unhealthy
        assert bool(plan.changes) != unhealthy
    no_check = replace(account, values={**account.values, "health": {"route53": False}})
    assert no_check.moving().plan(Action.ADVANCE).share == 10


@in_an_account_of_its_own
def test_a_run_that_stops_half_way_can_be_run_again(account: CutoverAccount) -> None:
    begin(account)

    def cut_before(**_: Any) -> Any:
        raise ConnectionError

    def cut_after(**arguments: Any) -> Any:
        account.route53.change_resource_record_sets(**arguments)
        raise ConnectionError

    for cut, left in ((cut_before, (100, 0)), (cut_after, (90, 10))):
        client = Client(account.route53, change_resource_record_sets=cut)
        with pytest.raises(ConnectionError):
            account.moving(client).make(Action.ADVANCE, QUIET, lambda _: None)
        found = account.records()
        assert (found["old"][0], found["new"][0]) == left
    # What was made has its time with it: it is held, and no step is taken twice.
    assert "has 10 % since" in refused(lambda: account.move(Action.ADVANCE))
    pending = Client(account.route53, get_change=_answering({"ChangeInfo": {"Status": "PENDING"}}))
    account.now += HOUR
    with pytest.raises(OperationError, match="Route 53's servers"):
        account.moving(pending).make(Action.ADVANCE, QUIET, lambda _: None)
    assert account.records()["new"] == (50, 60)
    account.move(Action.ADVANCE, after=HOUR)
    assert account.records()["new"] == (100, 60)


def after_another_goes_back(account: CutoverAccount) -> Client:
    """A client before whose change another run moves the name back."""

    def change(**arguments: Any) -> Any:
        account.move(Action.BACK)
        return account.route53.change_resource_record_sets(**arguments)

    return Client(account.route53, change_resource_record_sets=change)


@in_an_account_of_its_own
def test_of_two_who_move_a_name_at_once_one_changes_nothing(account: CutoverAccount) -> None:
    begin(account)
    account.move(Action.ADVANCE)
    account.now += HOUR

    with pytest.raises(OperationError, match="do not match the current values"):
        account.moving(after_another_goes_back(account)).make(Action.ADVANCE, QUIET, lambda _: None)
    assert account.records() == {"old": (100, 60), "new": (0, 60)}


@in_an_account_of_its_own
def test_the_old_side_is_not_dropped_where_it_is_given_weight_at_that_moment(account: CutoverAccount) -> None:
    begin(account)
    for _ in range(3):
        account.move(Action.ADVANCE, early=True)
    account.now += 8 * DAY

    with pytest.raises(OperationError, match="changed nothing"):
        account.moving(after_another_goes_back(account)).make(Action.FINISH, QUIET, lambda _: None)
    assert account.records() == {"old": (100, 60), "new": (0, 60)}


@in_an_account_of_its_own
def test_a_stage_that_route_53_does_not_allow_declares_no_record(account: CutoverAccount) -> None:
    def refused_up(account: CutoverAccount, **changes: Any) -> str:
        before = account.names()
        with pytest.raises(ConfigurationError) as refusal:
            account.up(**changes)
        assert account.names() == before
        return str(refusal.value)

    account.put()
    assert "cutover STACK shop start` first" in refused_up(account, stage="weights")
    account.up(stage="test")
    account.move(Action.LOWER_TTL)
    account.move(Action.START, after=HOUR)
    account.up(stage="weights")
    account.move(Action.ADVANCE)
    assert "set weights" in refused_up(account, stage="test")
    old = account.values["old"]
    told = refused_up(account, stage="finished", old=None)
    assert "the old side of shop.example.com has weight 90" in told
    account.up(stage="weights", old=old)
    assert account.records() == {"old": (90, 60), "new": (10, 60)}


@in_an_account_of_its_own
def test_an_emulated_zone_changes_as_a_whole_or_not_at_all(account: CutoverAccount) -> None:
    account.put()
    refusals: list[tuple[dict[str, Any], str]] = [
        ({}, "already exists"),
        ({"SetIdentifier": "old", "Weight": 1}, "has another policy"),
        ({"Type": "A"}, "a CNAME shares its name with no other type"),
        ({"action": "DELETE", "TTL": 60}, "do not match the current values"),
        ({"action": "DELETE", "Type": "A"}, "was not found"),
        ({"Name": "shop.example.org"}, "is not permitted in zone"),
    ]
    for record, why in refusals:
        with pytest.raises(account.route53.exceptions.InvalidChangeBatch, match=why):
            account.put(**record)
    gone = {"Name": HOST, "Type": "CNAME", "TTL": 3600, "ResourceRecords": [{"Value": OLD_SIDE}]}
    batch = [{"Action": "DELETE", "ResourceRecordSet": gone}, {"Action": "DELETE", "ResourceRecordSet": gone}]
    with pytest.raises(account.route53.exceptions.InvalidChangeBatch):
        account.route53.change_resource_record_sets(HostedZoneId=account.zone, ChangeBatch={"Changes": batch})
    assert account.records() == {"simple": (None, 3600)}
