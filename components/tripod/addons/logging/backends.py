"""Log back ends: Fluent Bit's output, secrets, egress rules and IAM policy of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject
from tripod.addons.logging.spec import KafkaSpec, LoggingSpec, MezmoSpec, OpenSearchSpec, SearchSpec
from tripod.addons.telemetry.common import to_host
from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.database.spec import SecretSourceSpec
from tripod.security.ports import HTTPS


@dataclass(frozen=True)
class LogBackend:
    """A log back end.

    Attributes:
        output: the output of Fluent Bit's pipeline; keys only as variables, ``${NAME}``.
        keys: variable → the source of its value.
        egress: its egress rules.
        policy: returns its IAM policy for partition, region, account_id and cluster; None outside AWS.
    """

    output: Mapping[str, Any]
    keys: Mapping[str, SecretSourceSpec] = field(default_factory=dict[str, SecretSourceSpec])
    egress: tuple[JsonObject, ...] = ()
    policy: Callable[..., Document] | None = None


def log_group_name(cluster: str) -> str:
    """The log group of a cluster's pods and nodes."""
    return f"/tripod/{cluster}/logs"


def log_backend(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    """The log back end of the settings.

    Args:
        cluster: facts of the cluster.
        spec: the settings.
    """
    return _BACKENDS[spec.backend](cluster, spec)


def _cloudwatch(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    del spec
    return LogBackend(
        output={
            "name": "cloudwatch_logs",
            "region": cluster.region,
            "log_group_name": log_group_name(cluster.cluster_name),
            "log_stream_prefix": "${NODE_NAME}.",
            "auto_create_group": False,
        },
        egress=(to_host(f"logs.{cluster.region}.amazonaws.com", HTTPS),),
        policy=log_group_policy,
    )


def log_group_policy(partition: str, region: str, account_id: str, cluster: str) -> Document:
    """IAM policy of the log writer: one log group."""
    arn = f"arn:{partition}:logs:{region}:{account_id}:log-group:{log_group_name(cluster)}"
    return policy_document(
        Statement(
            "WriteLogs",
            ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
            (arn, f"{arn}:log-stream:*"),
        )
    )


def _mezmo(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    settings = cast("MezmoSpec", spec.mezmo)
    return LogBackend(
        output={
            "name": "logdna",
            "logdna_host": settings.host,
            "logdna_port": HTTPS,
            "api_key": "${MEZMO_INGESTION_KEY}",
            "hostname": "${NODE_NAME}",
            "app": cluster.cluster_name,
            "tags": ",".join((cluster.cluster_name, *settings.tags)),
            "tls": True,
            "tls.verify": True,
        },
        keys={"MEZMO_INGESTION_KEY": settings.ingestion_key},
        egress=(to_host(settings.host, HTTPS),),
    )


def _search(plugin: str, settings: SearchSpec) -> LogBackend:
    login = {"http_user": settings.user, "http_passwd": "${SEARCH_PASSWORD}"} if settings.user else {}
    return LogBackend(
        output={
            "name": plugin,
            "host": settings.host,
            "port": settings.port,
            "tls": True,
            "tls.verify": True,
            **login,
            "logstash_format": True,
            "logstash_prefix": settings.index,
            # Current versions have no mapping types, and refuse a bulk request that names one.
            "suppress_type_name": True,
            # A label app and a label app.kubernetes.io/name cannot both be fields of one index.
            "replace_dots": True,
            "generate_id": True,
            "compress": "gzip",
        },
        keys={"SEARCH_PASSWORD": settings.password} if settings.password else {},
        egress=(to_host(settings.host, settings.port),),
    )


def _elasticsearch(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    del cluster
    return _search("es", cast("SearchSpec", spec.elasticsearch))


def _opensearch(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    settings = cast("OpenSearchSpec", spec.opensearch)
    unsigned = _search("opensearch", settings)
    if settings.domain_arn is None:
        return unsigned
    signed = {"aws_auth": True, "aws_region": settings.domain_arn.split(":")[3], "aws_service_name": "es"}
    sts = to_host(f"sts.{cluster.region}.amazonaws.com", HTTPS)
    return LogBackend(
        output={**unsigned.output, **signed},
        egress=(*unsigned.egress, *(() if sts in unsigned.egress else (sts,))),
        policy=partial(domain_policy, settings.domain_arn),
    )


def domain_policy(arn: str, **cluster: str) -> Document:
    """IAM policy of the log writer in a domain of Amazon OpenSearch Service, for any cluster."""
    del cluster
    return policy_document(Statement("WriteLogs", ("es:ESHttpPost",), (f"{arn}/*",)))


def _kafka(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    del cluster
    settings = cast("KafkaSpec", spec.kafka)
    login = (
        {
            "rdkafka.sasl.mechanism": settings.mechanism,
            "rdkafka.sasl.username": settings.user,
            "rdkafka.sasl.password": "${KAFKA_PASSWORD}",
        }
        if settings.user
        else {}
    )
    protocol = ("SASL_" if settings.user else "") + ("SSL" if settings.tls else "PLAINTEXT")
    calls = [to_host(host, int(port)) for host, _, port in (broker.rpartition(":") for broker in settings.brokers)]
    return LogBackend(
        output={
            "name": "kafka",
            "brokers": ",".join(settings.brokers),
            "topics": settings.topic,
            "format": "json",
            "timestamp_format": "iso8601_ns",
            "rdkafka.security.protocol": protocol.lower(),
            **login,
            # A record counts as sent once all in-sync replicas have it.
            "rdkafka.request.required.acks": -1,
            "queue_full_retries": 0,
        },
        keys={"KAFKA_PASSWORD": settings.password} if settings.password else {},
        egress=tuple(rule for position, rule in enumerate(calls) if rule not in calls[:position]),
    )


_BACKENDS: Mapping[str, Callable[[ClusterFacts, LoggingSpec], LogBackend]] = {
    "cloudwatch": _cloudwatch,
    "mezmo": _mezmo,
    "elasticsearch": _elasticsearch,
    "opensearch": _opensearch,
    "kafka": _kafka,
}
"""Name of the back end in the settings → its function."""
