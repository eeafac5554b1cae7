"""promtool reads what the collectors scrape by: Prometheus' own parser, whose scraping the collector has in it."""

import subprocess
from pathlib import Path

import pytest
import yaml

from support.add_ons.cluster_facts import cluster_facts
from tripod.addons.metrics.backends import metric_backends
from tripod.addons.metrics.otel_collector import Collector, collectors
from tripod.addons.metrics.spec import MetricsSpec

SETTINGS = MetricsSpec.load({"remoteWrite": {"url": "https://metrics.example.com/api/v1/push"}})
COLLECTORS = collectors(cluster_facts(), SETTINGS, metric_backends(SETTINGS), cloudwatch=True)


def check(promtool: Path, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    file = folder / "prometheus.yaml"
    file.write_text(text)
    command = [str(promtool), "check", "config", "--syntax-only", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda one: one.name)
def test_prometheus_accepts_it(promtool: Path, tmp_path: Path, collector: Collector):
    text = yaml.safe_dump(collector.config["receivers"]["prometheus"]["config"])
    # What the collector puts in from its environment.
    for variable, value in (("NODE_NAME", "node-1"), ("NODE_IP", "10.0.0.1")):
        text = text.replace(f"${{env:{variable}}}", value)
    assert "$" not in text
    done = check(promtool, tmp_path, text)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_refuses_what_it_does_not_know(promtool: Path, tmp_path: Path):
    done = check(promtool, tmp_path, yaml.safe_dump({"scrape_configs": [{"job_name": "a", "targets": ["b"]}]}))
    assert done.returncode == 1
    assert "targets not found" in done.stdout + done.stderr
