"""The list of charts that were looked at names every chart that is installed, in the version that is."""

import re

from support.stacks.charts import releases
from support.stacks.planned import ROOT, changed, put, shared_plan


def test_every_chart_that_is_installed_was_looked_at() -> None:
    text = (ROOT / "docs" / "add-ons.md").read_text()
    looked_at = set(re.findall(r"^\| ([a-z-]+) \| (v?\d+\.\d+\.\d+) \| \d{4}-\d\d-\d\d \|$", text, re.MULTILINE))
    installed = {
        (one.chart, one.version)
        for cni in ("cilium", "aws-vpc")
        for one in releases(shared_plan(changed("production", put("tripod:network.cni", cni))))
    }
    assert installed <= looked_at
