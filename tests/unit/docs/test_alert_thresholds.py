"""Thresholds reach the rules, and implausible ones are refused."""

import pytest

from tripod.addons.metrics.alerts.groups import AlertSources, alert_groups
from tripod.addons.metrics.alerts.rule import Series
from tripod.addons.metrics.alerts.spec import AlertsSpec

EVERYTHING = AlertSources()
NOTHING = AlertSources(etcd=False, backups=False, databases=False, load_balancers=False)
THRESHOLDS = [name for name in AlertsSpec.model_fields if name != "runbooks"]


def rules(spec: AlertsSpec, observed: AlertSources = EVERYTHING) -> dict[str, str]:
    return {
        alert.name: alert.expr + alert.hold for group in alert_groups("c", spec, observed) for alert in group.alerts
    }


@pytest.mark.parametrize("name", THRESHOLDS)
def test_each_threshold_changes_a_rule(name: str):
    changed = AlertsSpec().model_copy(update={name: getattr(AlertsSpec(), name) + 1})
    before, after = rules(AlertsSpec()), rules(changed)
    differing = [alert for alert in before if before[alert] != after[alert]]
    assert differing or name == "backup_hours"  # used by the check of the backup's age


@pytest.mark.parametrize("name", THRESHOLDS)
@pytest.mark.parametrize("value", [0, 10**6])
def test_an_implausible_threshold_is_refused(name: str, value: int):
    _, problems = AlertsSpec.read({name: value})
    assert [problem.path for problem in problems] == [(name,)]


def test_a_threshold_is_within_what_is_allowed():
    assert list(AlertsSpec().problems()) == []


def test_no_rule_is_about_what_nobody_observes():
    names = rules(AlertsSpec(), NOTHING)
    assert not [name for name in names if name.startswith(("Etcd", "Database", "LoadBalancer"))]
    assert {"NodeNotReady", "ContainerRestarts", "ApiServerDown"} <= set(names)


def test_rules_are_about_one_cluster():
    for expr in rules(AlertsSpec()).values():
        assert expr.count("{") == expr.count('{cluster="c"')


def test_a_series_has_its_cluster_its_job_and_what_else_is_asked_of_it():
    series = Series("c").of("etcd")
    assert series("up") == 'up{cluster="c",job="etcd"}'
    assert series("up", 'instance="a"') == 'up{cluster="c",job="etcd",instance="a"}'
