"""promtool reads the alert rules and runs them: each fires for what it is about, and for what is near it does not."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from typer.main import get_command

from support.add_ons.alert_cases import CASES, CLUSTER, Case
from tripod.addons.metrics.alerts.groups import AlertSources, alert_groups
from tripod.addons.metrics.alerts.rule import rule_file
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.bootstrap.agent.control_plane import role as control_plane
from tripod.bootstrap.agent.etcd import role as etcd
from tripod.cli.main import app

_GROUPS = list(alert_groups(CLUSTER, AlertsSpec(), AlertSources()))
ALERTS = {alert.name: alert for group in _GROUPS for alert in group.alerts}


ALERTS_PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(rule_file(_GROUPS, CLUSTER, "docs/alerts.md")))
    return path


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def test_promtool_accepts_the_rules(promtool: Path, rules: Path):
    done = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", rules)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


def test_each_alert_fires_and_rests_as_it_should(promtool: Path, rules: Path):
    tests = [test for case in CASES for test in _tests(case)]
    done = _run_tests(promtool, rules, tests)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_an_alert_that_fires_wrongly(promtool: Path, rules: Path):
    case = CASES[0]
    wrong = Case(case.alert, case.quiet, case.fires, case.labels, case.minutes)
    done = _run_tests(promtool, rules, list(_tests(wrong)))
    assert done.returncode == 1
    assert case.alert in done.stdout + done.stderr


def test_the_text_names_what_is_wrong(promtool: Path, rules: Path):
    case = next(case for case in CASES if case.alert == "EtcdSlowFsync")
    alert = ALERTS[case.alert]
    annotations = {
        "summary": "etcd on 10.0.0.1:2381 takes 12ms to write its log",
        "description": f"{alert.meaning} {alert.action}",
        "runbook_url": "docs/alerts.md#etcdslowfsync",
    }
    fired = {"exp_labels": {"cluster": CLUSTER, "severity": alert.severity, **case.labels}}
    test = {
        "interval": "1m",
        "input_series": _inputs(case.fires),
        "alert_rule_test": [
            {"alertname": alert.name, "eval_time": "30m", "exp_alerts": [{**fired, "exp_annotations": annotations}]}
        ],
    }
    done = _run_tests(promtool, rules, [test])
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_its_place_on_the_page():
    headings = re.findall("^### (.+)$", ALERTS_PAGE.read_text(), re.MULTILINE)
    rules = rule_file(_GROUPS, CLUSTER, AlertsSpec().runbooks)["groups"]
    links = [rule["annotations"]["runbook_url"] for group in rules for rule in group["rules"]]
    # GitHub's anchor of a heading of one word: the same in small letters.
    assert links == [f"docs/alerts.md#{heading.lower()}" for heading in headings]


def test_an_action_names_what_there_is():
    said = " ".join(alert.action for alert in ALERTS.values())
    headings = re.findall("^#+ (.+)$", ALERTS_PAGE.with_name("operations.md").read_text(), re.MULTILINE)
    assert set(re.findall(r"'([^']+)' in docs/operations.md", said)) <= set(headings)
    units = {timer.unit for timer in (*control_plane.TIMERS, *etcd.timers(30))}
    assert set(re.findall(r"tripod-[a-z]+\.timer", said)) <= units
    assert set(re.findall(r"`tripod ([a-z]+)", said)) <= set(cast("Any", get_command(app)).commands)


def test_each_alert_has_a_case():
    assert {case.alert for case in CASES} == set(ALERTS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_a_text_names_no_label_that_an_alert_lacks(case: Case):
    named = set(re.findall(r"\$labels\.(\w+)", ALERTS[case.alert].summary))
    assert named <= set(case.labels)


def _tests(case: Case) -> Iterator[dict[str, Any]]:
    """promtool's tests of a case: with what fires, and with what does not."""
    alert = ALERTS[case.alert]
    labels = {"alertname": alert.name, "alertstate": "firing", "cluster": CLUSTER, "severity": alert.severity}
    fired = ",".join(f'{name}="{value}"' for name, value in {**labels, **case.labels}.items())
    for name, series, samples in (
        ("fires", case.fires, [{"labels": f"ALERTS{{{fired}}}", "value": 1}]),
        ("is quiet", case.quiet, []),
    ):
        yield {
            "name": f"{case.alert} {name}",
            "interval": "1m",
            "input_series": _inputs(series),
            "promql_expr_test": [
                {
                    "expr": f'ALERTS{{alertname="{case.alert}",alertstate="firing"}}',
                    "eval_time": f"{case.minutes}m",
                    "exp_samples": samples,
                }
            ],
        }


def _inputs(series: dict[str, str]) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in series.items()]


def _run_tests(promtool: Path, rules: Path, tests: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    file = rules.with_name("tests.yaml")
    file.write_text(yaml.safe_dump({"rule_files": [rules.name], "evaluation_interval": "1m", "tests": tests}))
    return run(promtool, "test", "rules", file)


def test_alerts_read_well():
    for alert in ALERTS.values():
        assert re.fullmatch(r"[A-Z`].*[.?]", alert.meaning), alert
        assert re.fullmatch(r"[A-Z`].*[.?]", alert.action), alert
        assert not alert.summary.endswith("."), alert
