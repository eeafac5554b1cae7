"""What `up` says of alert rules: who evaluates them."""

from typing import Any

import pytest

from support.stacks.planned import changed, objects_of, put, shared_plan

WRITE = {"url": "https://mimir.example.com/api/v1/push"}
DATADOG = {"apiKey": {"secretName": "staging/datadog"}}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("metrics", {}, ["nothing evaluates", "no metrics are collected", "remoteWrite"]),
        ("metrics", {"remoteWrite": WRITE}, ["nothing in the cluster", "the ruler of mimir.example.com"]),
        ("metrics", {"datadog": DATADOG}, ["nothing evaluates", "Datadog"]),
        ("metrics", {"remoteWrite": WRITE, "rules": "none"}, ["nothing evaluates", "is none"]),
        ("metrics", {"remoteWrite": WRITE, "rules": "prometheusRule"}, ["a Prometheus operator, if one"]),
        ("without", ["metrics"], ["nothing evaluates", "addOns.without"]),
    ],
)
def test_up_says_what_evaluates_the_alert_rules(path: str, value: Any, words: list[str]) -> None:
    recording = shared_plan(changed("staging", put(f"tripod:addOns.{path}", value)), "staging")
    said = recording.outputs["alerts"]
    assert [word for word in words if word not in said] == []
    # What it names is what is there.
    for kind in ("ConfigMap", "PrometheusRule"):
        there = [
            one for one in objects_of(recording) if one["kind"] == kind and one["metadata"]["name"] == "alert-rules"
        ]
        assert (f"{kind} monitoring/alert-rules" in said) <= bool(there)
