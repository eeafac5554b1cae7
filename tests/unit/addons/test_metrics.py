"""Metrics: something on every node, what rules are about is scraped, keys from a Secret, the least rights."""

import json
import re
from typing import Any

import pytest
import yaml

from support.add_ons.cluster_facts import cluster_facts
from support.add_ons.manifest_rules import PolicyContext, cluster_problems
from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.objects import Manifest
from tripod.addons.metrics.alert_rules import alert_rules
from tripod.addons.metrics.alerts.groups import AlertSources, alert_groups
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.metrics.backends import metric_backends, workspace_policy
from tripod.addons.metrics.backup_check import backup_check, backup_policy
from tripod.addons.metrics.exporters import (
    cloudwatch_config,
    cloudwatch_exporter,
    cloudwatch_policy,
    kube_state_metrics,
)
from tripod.addons.metrics.network_policies import collector_policies
from tripod.addons.metrics.node_exporter import node_exporter
from tripod.addons.metrics.otel_collector import Collector, collector_objects, collectors
from tripod.addons.metrics.spec import MetricsSpec
from tripod.addons.telemetry.common import secret

KEY = {"secretName": "shop/metrics"}
URL = "https://metrics.example.com/api/v1/push"
WORKSPACE = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"
BACKENDS: dict[str, dict[str, Any]] = {
    "nobody logs in": {"remoteWrite": {"url": URL}},
    "a user": {"remoteWrite": {"url": URL, "user": "writer", "password": KEY}},
    "a token": {"remoteWrite": {"url": URL, "token": KEY}},
    "a role": {"remoteWrite": {"url": URL, "workspaceArn": WORKSPACE}},
    "datadog": {"datadog": {"apiKey": KEY}},
    "both": {"remoteWrite": {"url": URL, "token": KEY}, "datadog": {"apiKey": KEY}},
}
every_backend = pytest.mark.parametrize("values", BACKENDS.values(), ids=BACKENDS)

CLUSTER = {"snapshot_bucket": "shop-snapshots", "etcd_members": {"0-0": "10.20.192.16", "1-0": "10.20.196.16"}}


def collected(values: dict[str, Any], **facts: Any) -> list[Collector]:
    spec = MetricsSpec.load(values)
    return collectors(cluster_facts(**CLUSTER, **facts), spec, metric_backends(spec), cloudwatch=True)


def everything(values: dict[str, Any], **facts: Any) -> list[Manifest]:
    spec, cluster = MetricsSpec.load(values), cluster_facts(**CLUSTER, **facts)
    backends = metric_backends(spec)
    role = "arn:aws:iam::123456789012:role/metrics" if any(one.policy for one in backends) else None
    keys = {variable: "secret-of-the-test" for one in backends for variable in one.keys}
    made = [
        *namespace("monitoring", "privileged"),
        *node_exporter(cluster),
        *kube_state_metrics(cluster),
        *cloudwatch_exporter(cluster, cloudwatch_config("us-west-2", "shop", ["orders"], load_balancers=True), "role"),
        *backup_check(cluster, 2, "role"),
        *collector_policies(cluster, backends),
        *([secret("metric-keys", "monitoring", "metrics", keys)] if keys else []),
        *alert_rules(cluster, spec, AlertSources()),
    ]
    for one in collectors(cluster, spec, backends, cloudwatch=True):
        made += collector_objects(cluster, one, backends, role)
    return made


def pods(objects: list[Manifest], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in objects if one["kind"] == kind}


def scrapes(settings: Collector) -> dict[str, dict[str, Any]]:
    return {job["job_name"]: job for job in settings.config["receivers"]["prometheus"]["config"]["scrape_configs"]}


@every_backend
def test_objects_keep_the_rules_of_the_context(values: dict[str, Any]):
    names = ("docker.io", "quay.io", "registry.k8s.io", "ghcr.io", "public.ecr.aws")
    mirrors = {name: f"mirror.example/{name}" for name in names}
    assert list(cluster_problems(everything(values, image_mirrors=mirrors), PolicyContext(mirrors=mirrors))) == []


def test_each_node_has_one_collector_and_one_exporter_tainted_or_not():
    daemons = pods(everything(BACKENDS["a user"]), "DaemonSet")
    assert all(pod["tolerations"] == [{"operator": "Exists"}] for pod in daemons.values())
    assert "affinity" not in daemons["node-exporter"]
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    terms = [
        daemons[name]["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"][0]["matchExpressions"]
        for name in ("collector", "collector-control-plane")
    ]
    key = "node-role.kubernetes.io/control-plane"
    assert terms == [[{"key": key, "operator": "DoesNotExist"}], [{"key": key, "operator": "Exists"}]]


@every_backend
def test_a_key_is_in_the_secret_and_nowhere_else(values: dict[str, Any]):
    objects = everything(values)
    keys = [variable for one in metric_backends(MetricsSpec.load(values)) for variable in one.keys]
    assert json.dumps(objects).count("secret-of-the-test") == len(keys)
    for pod in [*pods(objects, "DaemonSet").values(), *pods(objects, "Deployment").values()]:
        (container,) = pod["containers"]
        if container["name"] == "collector":
            named = {one["name"]: one["valueFrom"] for one in container["env"] if "valueFrom" in one}
            assert {name for name, source in named.items() if "secretKeyRef" in source} == set(keys)


@every_backend
def test_every_variable_of_a_configuration_is_set(values: dict[str, Any]):
    objects = everything(values)
    workloads = {**pods(objects, "DaemonSet"), **pods(objects, "Deployment")}
    for one in objects:
        if one["kind"] == "ConfigMap" and one["metadata"]["name"].startswith("collector"):
            named = set(re.findall(r"\$\{env:(\w+)\}", one["data"]["config.yaml"]))
            (container,) = workloads[one["metadata"]["name"]]["containers"]
            assert named <= {variable["name"] for variable in container["env"]}


@every_backend
def test_every_part_of_a_pipeline_is_configured(values: dict[str, Any]):
    for settings in collected(values):
        for pipeline in settings.config["service"]["pipelines"].values():
            for part in ("receivers", "processors", "exporters"):
                assert pipeline[part]
                assert set(pipeline[part]) <= settings.config[part].keys()
        assert set(settings.config["service"]["extensions"]) == settings.config["extensions"].keys()


@every_backend
def test_collectors_call_where_metrics_go(values: dict[str, Any]):
    calls = [rule for one in metric_backends(MetricsSpec.load(values)) for rule in one.egress]
    assert calls
    for one in collector_policies(cluster_facts(**CLUSTER), metric_backends(MetricsSpec.load(values))):
        assert all(rule in one["spec"]["egress"] for rule in calls)


def test_each_rule_is_about_what_is_scraped_and_kept():
    settings = [job for one in collected(BACKENDS["a user"]) for job in scrapes(one).items()]
    for group in alert_groups("shop", AlertsSpec(), AlertSources()):
        for alert in group.alerts:
            for metric, job in re.findall(r'(\w+)\{cluster="shop",job="([\w-]+)"', alert.expr):
                kept = [_kept(metric, job_settings) for name, job_settings in settings if name == job]
                assert kept, f"{alert.name}: nobody scrapes {job}"
                assert all(kept), f"{alert.name}: {metric} of {job} is dropped"


def _kept(metric: str, job: dict[str, Any]) -> bool:
    for relabel in job.get("metric_relabel_configs", []):
        matches = re.fullmatch(relabel["regex"], metric) is not None
        if metric != "up" and matches != (relabel["action"] == "keep"):
            return False
    return True


def test_only_the_control_plane_asks_what_listens_on_loopback():
    workers, control_plane, once = collected(BACKENDS["a user"])
    assert set(scrapes(control_plane)) - set(scrapes(workers)) == {
        "apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    }
    assert set(scrapes(once)) == {"kube-state-metrics", "cloudwatch", "etcd"}
    assert ['"/metrics"' in json.dumps(one.rights) for one in (workers, control_plane, once)] == [False, True, False]
    assert once.rights == []


def test_all_targets_but_those_on_loopback_are_verified():
    for one in collected(BACKENDS["a user"]):
        for job in scrapes(one).values():
            if job.get("tls_config", {}).get("insecure_skip_verify"):
                assert [target["targets"][0].split(":")[0] for target in job["static_configs"]] == ["127.0.0.1"]


def test_members_are_scraped_only_where_their_metrics_are_open():
    (_, _, once) = collected(BACKENDS["a user"])
    members = [(one["targets"], one["labels"]["member"]) for one in scrapes(once)["etcd"]["static_configs"]]
    assert members == [(["10.20.192.16:2381"], "0-0"), (["10.20.196.16:2381"], "1-0")]
    assert "etcd" not in scrapes(collected(BACKENDS["a user"], etcd_metrics=False)[2])


def test_certificates_of_members_and_api_servers_are_watched():
    targets = [one.config["receivers"].get("tlscheck", {}).get("targets") for one in collected(BACKENDS["a user"])]
    members = [{"endpoint": "10.20.192.16:2379"}, {"endpoint": "10.20.196.16:2379"}]
    assert targets == [None, [{"endpoint": "${env:NODE_IP}:6443"}], members]


def test_all_metrics_name_their_cluster():
    for one in collected(BACKENDS["a user"]):
        for job in scrapes(one).values():
            fixed = [target["labels"]["cluster"] for target in job.get("static_configs", [])]
            named = [relabel.get("replacement") for relabel in job.get("relabel_configs", [])]
            assert "shop" in [*fixed, *named]


def test_rules_are_shipped_as_chosen():
    cluster: ClusterFacts = cluster_facts(**CLUSTER)
    (file,) = alert_rules(cluster, MetricsSpec(), AlertSources())
    (custom,) = alert_rules(cluster, MetricsSpec(rules="prometheusRule"), AlertSources())
    assert custom["kind"] == "PrometheusRule"
    assert yaml.safe_load(file["data"]["tripod.yaml"]) == custom["spec"]
    assert alert_rules(cluster, MetricsSpec(rules="none"), AlertSources()) == []


def test_no_configuration_has_references_within_it():
    texts = [
        text for one in everything(BACKENDS["both"]) if one["kind"] == "ConfigMap" for text in one["data"].values()
    ]
    assert not [text for text in texts if re.search(r"[&*]id\d+", text)]


def test_roles_reach_no_further_than_what_they_are_for():
    (statement,) = backup_policy("aws", "shop-snapshots", region="us-west-2")["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["s3:ListBucket"], ["arn:aws:s3:::shop-snapshots"])
    assert statement["Condition"] == {"StringEquals": {"s3:prefix": "etcd/latest.db"}}
    (figures,) = cloudwatch_policy("us-west-2")["Statement"]
    assert figures["Condition"] == {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}
    assert not [action for action in figures["Action"] if "*" in action]
    (written,) = workspace_policy(WORKSPACE)["Statement"]
    assert (written["Action"], written["Resource"]) == (["aps:RemoteWrite"], [WORKSPACE])


def test_cloudwatch_is_asked_for_what_is_named():
    both = cloudwatch_config("us-west-2", "shop", ["orders"], load_balancers=True)
    assert both["static"][0]["dimensions"] == [{"name": "DBInstanceIdentifier", "value": "orders"}]
    assert both["discovery"]["jobs"][0]["searchTags"][0]["key"] == "kubernetes.io/cluster/shop"
    assert "static" not in cloudwatch_config("us-west-2", "shop", [], load_balancers=True)
    assert "discovery" not in cloudwatch_config("us-west-2", "shop", ["orders"], load_balancers=False)
