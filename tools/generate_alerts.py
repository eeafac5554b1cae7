"""docs/alerts.md, from the alert rules themselves."""

import re
import textwrap
from collections.abc import Iterator

from tripod.addons.metrics.alerts.groups import AlertSources, alert_groups
from tripod.addons.metrics.alerts.rule import Alert
from tripod.addons.metrics.alerts.spec import AlertsSpec

CLUSTER = "production"

HEADER = """# Alerts

What each alert means, and what to do. Every alert's `runbook_url` leads here. This page is written from the rules
(`make generate`) with their defaults, as a cluster named *production* has them; a test keeps it true. Thresholds are
settings: `addOns.metrics.alerts` in [configuration.md](configuration.md).

- **critical**: act now
- **warning**: act today
- **info**: know of it: what heals itself hides what is wrong
"""


def alerts() -> str:
    """The whole page."""
    return "".join([HEADER, *_sections()])


def _sections() -> Iterator[str]:
    for group in alert_groups(CLUSTER, AlertsSpec(), AlertSources()):
        yield f"\n## {group.name.replace('-', ' ').capitalize()}\n"
        yield from (_section(alert) for alert in group.alerts)


def _section(alert: Alert) -> str:
    held = "" if alert.hold == "0s" else f", for {alert.hold}"
    summary = re.sub(r"\{\{ \$labels\.(?:dimension_)?(\w+) \}\}", r"*\1*", alert.summary)
    summary = re.sub(r"\{\{ \$value[^}]*\}\}", "*n*", summary)
    return (
        f"\n### {alert.name}\n\n**{alert.severity}**: {summary}\n\n"
        f"{textwrap.fill(f'{alert.meaning} {alert.action}', 120, break_on_hyphens=False)}\n\n"
        f"Fires while this holds{held}:\n\n```promql\n{alert.expr}\n```\n"
    )
