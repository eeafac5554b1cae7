"""The add-on Metrics: exporters, collectors and alert rules."""

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.secrets import secret_value
from tripod.addons.metrics.alert_rules import alert_rules
from tripod.addons.metrics.alerts.groups import AlertSources
from tripod.addons.metrics.backends import metric_backends
from tripod.addons.metrics.backup_check import backup_check, backup_policy
from tripod.addons.metrics.exporters import (
    CLOUDWATCH,
    cloudwatch_config,
    cloudwatch_exporter,
    cloudwatch_policy,
    kube_state_metrics,
)
from tripod.addons.metrics.network_policies import collector_policies
from tripod.addons.metrics.node_exporter import node_exporter
from tripod.addons.metrics.otel_collector import KEYS, PART_OF, collector_objects, collectors
from tripod.addons.metrics.spec import MetricsSpec
from tripod.addons.telemetry.common import secret
from tripod.addons.telemetry.jobs import BACKUP_CHECK, NAMESPACE
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import MetricsSettings


class MetricsArgs(AddOnArgs, MetricsSettings):
    """Arguments of Metrics."""


class Metrics(AddOn):
    """node-exporter and kube-state-metrics; collectors, if there is a back end; alert rules.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: MetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(MetricsSpec, args, MetricsArgs)
        super().__init__("Metrics", name, args, spec, opts)
        cloudwatch = spec.load_balancers or bool(spec.databases)
        sources = AlertSources(
            etcd=self.cluster.etcd_metrics,
            backups=self.cluster.backed_up,
            databases=bool(spec.databases),
            load_balancers=spec.load_balancers,
        )
        self.declare(
            # node-exporter uses its node's folders and network, which no stricter level allows.
            *namespace(NAMESPACE, "privileged"),
            *node_exporter(self.cluster),
            *kube_state_metrics(self.cluster),
            *(self._cloudwatch(spec) if cloudwatch else []),
            *(self._backups(spec) if sources.backups else []),
            *self._collectors(spec, cloudwatch=cloudwatch),
            *alert_rules(self.cluster, spec, sources),
        )
        self.register_outputs(annotated_outputs(self))

    def _cloudwatch(self, spec: MetricsSpec) -> list[Manifest]:
        cluster = self.cluster
        config = cloudwatch_config(
            cluster.region, cluster.cluster_name, spec.databases, load_balancers=spec.load_balancers
        )
        role = self.role(NAMESPACE, CLOUDWATCH, self.policy(cloudwatch_policy))
        return cloudwatch_exporter(cluster, config, role)

    def _backups(self, spec: MetricsSpec) -> list[Manifest]:
        policy = self.policy(backup_policy, bucket=self.cluster.snapshot_bucket)
        return backup_check(self.cluster, spec.alerts.backup_hours, self.role(NAMESPACE, BACKUP_CHECK, policy))

    def _collectors(self, spec: MetricsSpec, *, cloudwatch: bool) -> list[Manifest]:
        backends = metric_backends(spec)
        if not backends:
            return []
        objects = collector_policies(self.cluster, backends)
        keys = {
            variable: secret_value(self, source) for backend in backends for variable, source in backend.keys.items()
        }
        objects += [secret(KEYS, NAMESPACE, PART_OF, keys)] if keys else []
        policy = next((backend.policy for backend in backends if backend.policy), None)
        for collector in collectors(self.cluster, spec, backends, cloudwatch=cloudwatch):
            role = self.role(NAMESPACE, collector.name, self.policy(policy)) if policy else None
            objects += collector_objects(self.cluster, collector, backends, role)
        return objects
