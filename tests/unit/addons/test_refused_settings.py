"""Settings of add-ons that cannot work, each refused by its path."""

from typing import Any

import pytest

from support.stacks.samples import locations
from tripod.addons.cert_manager.spec import CertManagerSpec, IssuersSpec
from tripod.addons.cluster_autoscaler.spec import ClusterAutoscalerSpec
from tripod.addons.ebs_csi.spec import EbsCsiSpec, StorageClassSpec
from tripod.addons.egress_probe.spec import EgressProbeSpec
from tripod.addons.external_dns.spec import ZonesSpec
from tripod.addons.ingress.spec import IngressSpec
from tripod.addons.logging.spec import LoggingSpec
from tripod.addons.metrics.spec import MetricsSpec
from tripod.addons.policies.spec import PoliciesSpec
from tripod.addons.team_namespaces.spec import NamespacesSpec
from tripod.core.spec import Spec

PUBLIC = {"name": "example.com", "id": "Z0PUBLIC"}
KEY = {"secretName": "shop/metrics"}
PASSWORD = {"value": "p"}
WRITER = {"user": "w", "password": PASSWORD}
REGISTRY = {"name": "ours", "server": "r.example.com", "credentials": KEY}
URL = "https://metrics.example.com/api/v1/push"
WORKSPACE = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"
DOMAIN = "arn:aws:es:us-west-2:123456789012:domain/logs"

SETTINGS: dict[type[Spec], list[tuple[dict[str, Any], list[str]]]] = {
    CertManagerSpec: [({"replicas": 1}, ["replicas"])],
    IssuersSpec: [({"email": "ops"}, ["email"])],
    IngressSpec: [
        ({"replicas": 1}, ["replicas"]),
        ({"kind": "traefik"}, ["kind"]),
        ({"sourceRanges": []}, ["sourceRanges"]),
        ({"sourceRanges": ["192.0.2.1", "10.0.0.0/8"]}, ["sourceRanges[0]"]),
        ({"proxyProtocol": "yes please"}, ["proxyProtocol"]),
    ],
    ZonesSpec: [
        ({"public": {"name": "example", "id": "Z1"}}, ["public.name"]),
        ({"public": {"name": "Example.com", "id": "Z1"}}, ["public.name"]),
        ({"public": {"name": "example.com", "id": "vpc-1"}}, ["public.id"]),
        ({"public": PUBLIC, "private": {**PUBLIC, "id": "Z2"}}, ["private.name"]),
        ({"public": {"name": "shop.example.com", "id": "Z1"}, "private": PUBLIC}, ["private.name"]),
        ({"public": PUBLIC, "excluded": ["shop.example.org"]}, ["excluded[0]"]),
        ({"public": PUBLIC, "excluded": ["shop.example.com", "*.example.com"]}, ["excluded[1]"]),
    ],
    NamespacesSpec: [
        ({"teams": [{"name": "Shop"}]}, ["teams[0].name"]),
        ({"teams": [{"name": "kube-system"}]}, ["teams[0].name"]),
        ({"teams": [{"name": "shop", "level": "privileged"}]}, ["teams[0].level"]),
        ({"teams": [{"name": "shop", "memory": "much"}]}, ["teams[0].memory"]),
        ({"teams": [{"name": "shop", "quota": {"pods": "-1"}}]}, ["teams[0].quota.pods"]),
        ({"teams": [{"name": "shop", "registries": ["ours"]}]}, ["teams[0].registries[0]"]),
        ({"teams": [{"name": "shop"}, {"name": "shop"}]}, ["teams[0].name", "teams[1].name"]),
        ({"registries": [{**REGISTRY, "server": "https://r"}]}, ["registries[0].server"]),
        ({"registries": [{**REGISTRY, "credentials": {**KEY, **PASSWORD}}]}, ["registries[0].credentials"]),
    ],
    PoliciesSpec: [({"loadBalancers": ["back/two", "two"]}, ["loadBalancers[1]"])],
    LoggingSpec: [
        ({"backend": "mezmo"}, ["mezmo"]),
        ({"mezmo": {"ingestionKey": {"value": "k"}}}, ["mezmo"]),
        ({"backend": "splunk"}, ["backend"]),
        ({"bufferMib": 10}, ["bufferMib"]),
        ({"cloudwatch": {"retentionDays": 31}}, ["cloudwatch.retentionDays"]),
        ({"backend": "kafka", "kafka": {"brokers": []}}, ["kafka.brokers"]),
        ({"backend": "kafka", "kafka": {"brokers": ["b.example.com"]}}, ["kafka.brokers[0]"]),
        ({"backend": "kafka", "kafka": {"brokers": ["b:9092"], "user": "w"}}, ["kafka.password"]),
        ({"backend": "kafka", "kafka": {"brokers": ["b:1"], "tls": False, **WRITER}}, ["kafka.tls"]),
        ({"backend": "elasticsearch", "elasticsearch": {"host": "https://e"}}, ["elasticsearch.host"]),
        ({"backend": "elasticsearch", "elasticsearch": {"host": "10.0.0.1"}}, ["elasticsearch.host"]),
        ({"backend": "elasticsearch", "elasticsearch": {"host": "e", "index": "Logs"}}, ["elasticsearch.index"]),
        ({"backend": "elasticsearch", "elasticsearch": {"host": "e", "password": PASSWORD}}, ["elasticsearch.user"]),
        ({"backend": "opensearch", "opensearch": {"host": "e", "domainArn": "logs"}}, ["opensearch.domainArn"]),
        ({"backend": "opensearch", "opensearch": {"host": "e", "domainArn": DOMAIN, **WRITER}}, ["opensearch.user"]),
    ],
    MetricsSpec: [
        ({"remoteWrite": {"url": "http://metrics.example.com/push"}}, ["remoteWrite.url"]),
        ({"remoteWrite": {"url": "metrics.example.com"}}, ["remoteWrite.url"]),
        ({"remoteWrite": {"url": URL, "user": "w"}}, ["remoteWrite.password"]),
        ({"remoteWrite": {"url": URL, "token": KEY, "workspaceArn": WORKSPACE}}, ["remoteWrite.workspaceArn"]),
        ({"remoteWrite": {"url": URL, "workspaceArn": "ws-1"}}, ["remoteWrite.workspaceArn"]),
        ({"datadog": {"site": "https://x", "apiKey": KEY}}, ["datadog.site"]),
        ({"intervalSeconds": 5}, ["intervalSeconds"]),
        ({"databases": ["Orders!"]}, ["databases[0]"]),
        ({"rules": "file"}, ["rules"]),
        ({"alerts": {"fsyncMilliseconds": 0}}, ["alerts.fsyncMilliseconds"]),
        ({"remoteWrite": {"url": "http://mimir.metrics.svc:8080/api/v1/push"}}, []),
    ],
    ClusterAutoscalerSpec: [({"idleMinutes": 0}, ["idleMinutes"]), ({"idlePercent": 101}, ["idlePercent"])],
    StorageClassSpec: [
        ({"type": "io2"}, ["iops"]),
        ({"iops": 100}, ["iops"]),
        ({"type": "io2", "iops": 300_000}, ["iops"]),
        ({"type": "io2", "iops": 1000, "throughput": 500}, ["throughput"]),
        ({"throughput": 5000}, ["throughput"]),
    ],
    EbsCsiSpec: [({"defaultClass": "fast"}, ["defaultClass"])],
    EgressProbeSpec: [
        ({"hosts": [host]}, ["hosts[0]"]) for host in ("https://example.com", "example.com:443", "10.0.0.1", "example")
    ],
}


@pytest.mark.parametrize(
    ("spec", "values", "where"), [(spec, *case) for spec, cases in SETTINGS.items() for case in cases]
)
def test_settings_that_cannot_work_are_refused_by_their_path(
    spec: type[Spec], values: dict[str, Any], where: list[str]
) -> None:
    assert locations(spec.read(values)[1]) == where
