"""Alert rules as objects: a file for any Prometheus or ruler, or an object for its operator."""

from urllib.parse import urlsplit

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import config_map, metadata
from tripod.addons.metrics.alerts.groups import AlertSources, alert_groups
from tripod.addons.metrics.alerts.rule import rule_file
from tripod.addons.metrics.backends import metric_backends
from tripod.addons.metrics.spec import MetricsSpec
from tripod.addons.telemetry.common import yaml_text
from tripod.addons.telemetry.jobs import NAMESPACE

NAME, PART_OF = "alert-rules", "metrics"

_BACKENDS = "set addOns.metrics.remoteWrite or addOns.metrics.datadog"


def alert_rules(cluster: ClusterFacts, spec: MetricsSpec, sources: AlertSources) -> list[Manifest]:
    """The alert rules in the format of the settings.

    Args:
        cluster: facts of the cluster.
        spec: the settings.
        sources: available sources of metrics.
    """
    name = cluster.cluster_name
    content = rule_file(alert_groups(name, spec.alerts, sources), name, spec.alerts.runbooks)
    if spec.rules == "configMap":
        return [config_map(NAME, NAMESPACE, PART_OF, {"tripod.yaml": yaml_text(content)})]
    if spec.rules == "prometheusRule":
        return [
            {
                "apiVersion": "monitoring.coreos.com/v1",
                "kind": "PrometheusRule",
                "metadata": metadata(NAME, NAMESPACE, PART_OF),
                "spec": content,
            }
        ]
    return []


def evaluation(spec: MetricsSpec) -> str:
    """A sentence that says what evaluates the alert rules, and what is missing for that."""
    if not metric_backends(spec):
        return f"nothing evaluates alert rules: no metrics are collected; {_BACKENDS}"
    if spec.rules == "none":
        return "nothing evaluates alert rules: addOns.metrics.rules is none"
    if spec.rules == "prometheusRule":
        return f"a Prometheus operator, if one in the cluster selects PrometheusRule {NAMESPACE}/{NAME}"
    place = f"ConfigMap {NAMESPACE}/{NAME}"
    if spec.remote_write is None:
        return f"nothing evaluates alert rules: Datadog does not read the {place}; write monitors after docs/alerts.md"
    host = urlsplit(spec.remote_write.url).hostname
    return f"nothing in the cluster evaluates alert rules: load the {place} into the ruler of {host}"
