"""Helm releases: a failed change is rolled back, but for a network plugin's; and where charts come from."""

from pathlib import Path
from typing import Any

import pytest

from support.stacks.charts import RELEASE
from support.stacks.planned import changed, inputs, of_type, put, shared_plan
from tripod.addons.framework.charts import Chart, ChartsSpec, chart_source

CHART = Chart("cilium", "1.20.0", "https://helm.example.com")
SECONDS_OF_A_STEP = 150
"""Time in which a plugin's pod is replaced on one node: a pull of its image, and its start."""


@pytest.mark.parametrize(("cni", "plugin"), [("cilium", "cilium"), ("aws-vpc", "aws-vpc-cni")])
def test_only_a_network_plugin_stays_where_it_failed(cni: str, plugin: str) -> None:
    plan = shared_plan(changed("production", put("tripod:network.cni", cni)))
    releases = {inputs(one)["name"]: inputs(one) for one in of_type(plan, RELEASE)}
    assert {name for name, one in releases.items() if one["atomic"] is not True} == {plugin}
    found: dict[str, Any] = releases[plugin]
    assert found["values"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": "10%"}
    assert found["timeout"] >= 10 * SECONDS_OF_A_STEP


def test_a_folder_may_hold_a_chart_as_it_is_published_or_unpacked(tmp_path: Path) -> None:
    charts = ChartsSpec(folder=f"{tmp_path}/")
    assert chart_source(CHART, charts)["chart"] == f"{tmp_path}/cilium"
    (tmp_path / "cilium-1.19.0.tgz").touch()
    assert chart_source(CHART, charts)["chart"] == f"{tmp_path}/cilium"
    (tmp_path / "cilium-1.20.0.tgz").touch()
    assert chart_source(CHART, charts)["chart"] == f"{tmp_path}/cilium-1.20.0.tgz"
