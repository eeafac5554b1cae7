"""Where logs can go: what Fluent Bit is told of each, which keys that takes, and whom it calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.logging.spec import KafkaSpec, LoggingSpec, MezmoSpec, OpenSearchSpec, SearchSpec
from tripod.addons.telemetry.common import to_host
from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.database.spec import SecretSourceSpec
from tripod.security.ports import HTTPS


@dataclass(frozen=True)
class LogBackend:
    """A place for logs.

    Attributes:
        output: the output of Fluent Bit's pipeline; keys only as variables, ``${NAME}``.
        keys: variable → where its value comes from.
        calls: whom it calls: rules of a network policy.
        policy: makes what it may do in AWS, where it calls that, of partition, region, account_id and cluster.
    """

    output: Mapping[str, Any]
    keys: Mapping[str, SecretSourceSpec] = field(default_factory=dict[str, SecretSourceSpec])
    calls: tuple[dict[str, Any], ...] = ()
    policy: Callable[..., Document] | None = None


def log_group_name(cluster: str) -> str:
    """The log group of a cluster's pods and nodes."""
    return f"/tripod/{cluster}/logs"


def log_backend(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    """What was chosen.

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
        calls=(to_host(f"logs.{cluster.region}.amazonaws.com", HTTPS),),
        policy=log_group_policy,
    )


def log_group_policy(partition: str, region: str, account_id: str, cluster: str) -> Document:
    """What writes logs may do: that, and in one log group."""
    arn = f"arn:{partition}:logs:{region}:{account_id}:log-group:{log_group_name(cluster)}"
    return policy_document(
        Statement(
            "WriteLogs",
            ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
            (arn, f"{arn}:log-stream:*"),
        )
    )


def _mezmo(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    told = cast("MezmoSpec", spec.mezmo)
    return LogBackend(
        output={
            "name": "logdna",
            "logdna_host": told.host,
            "logdna_port": HTTPS,
            "api_key": "${MEZMO_INGESTION_KEY}",
            "hostname": "${NODE_NAME}",
            "app": cluster.cluster_name,
            "tags": ",".join((cluster.cluster_name, *told.tags)),
            "tls": True,
            "tls.verify": True,
        },
        keys={"MEZMO_INGESTION_KEY": told.ingestion_key},
        calls=(to_host(told.host, HTTPS),),
    )


def _search(plugin: str, told: SearchSpec) -> LogBackend:
    login = {"http_user": told.user, "http_passwd": "${SEARCH_PASSWORD}"} if told.user else {}
    return LogBackend(
        output={
            "name": plugin,
            "host": told.host,
            "port": told.port,
            "tls": True,
            "tls.verify": True,
            **login,
            "logstash_format": True,
            "logstash_prefix": told.index,
            # Versions of today know no types, and would refuse a bulk request that names one.
            "suppress_type_name": True,
            # A label app and a label app.kubernetes.io/name cannot both be fields of one index.
            "replace_dots": True,
            "generate_id": True,
            "compress": "gzip",
        },
        keys={"SEARCH_PASSWORD": told.password} if told.password else {},
        calls=(to_host(told.host, told.port),),
    )


def _elasticsearch(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    del cluster
    return _search("es", cast("SearchSpec", spec.elasticsearch))


def _opensearch(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    told = cast("OpenSearchSpec", spec.opensearch)
    plain = _search("opensearch", told)
    if told.domain_arn is None:
        return plain
    signed = {"aws_auth": True, "aws_region": told.domain_arn.split(":")[3], "aws_service_name": "es"}
    sts = to_host(f"sts.{cluster.region}.amazonaws.com", HTTPS)
    return LogBackend(
        output={**plain.output, **signed},
        calls=(*plain.calls, *(() if sts in plain.calls else (sts,))),
        policy=partial(domain_policy, told.domain_arn),
    )


def domain_policy(arn: str, **cluster: str) -> Document:
    """What writes logs may do in a domain of Amazon OpenSearch Service, whatever the cluster."""
    del cluster
    return policy_document(Statement("WriteLogs", ("es:ESHttpPost",), (f"{arn}/*",)))


def _kafka(cluster: ClusterFacts, spec: LoggingSpec) -> LogBackend:
    del cluster
    told = cast("KafkaSpec", spec.kafka)
    login = (
        {
            "rdkafka.sasl.mechanism": told.mechanism,
            "rdkafka.sasl.username": told.user,
            "rdkafka.sasl.password": "${KAFKA_PASSWORD}",
        }
        if told.user
        else {}
    )
    protocol = ("SASL_" if told.user else "") + ("SSL" if told.tls else "PLAINTEXT")
    calls = [to_host(host, int(port)) for host, _, port in (broker.rpartition(":") for broker in told.brokers)]
    return LogBackend(
        output={
            "name": "kafka",
            "brokers": ",".join(told.brokers),
            "topics": told.topic,
            "format": "json",
            "timestamp_format": "iso8601_ns",
            "rdkafka.security.protocol": protocol.lower(),
            **login,
            # As many as are in sync have a line before it counts as sent.
            "rdkafka.request.required.acks": -1,
            "queue_full_retries": 0,
        },
        keys={"KAFKA_PASSWORD": told.password} if told.password else {},
        calls=tuple(rule for position, rule in enumerate(calls) if rule not in calls[:position]),
    )


_BACKENDS: Mapping[str, Callable[[ClusterFacts, LoggingSpec], LogBackend]] = {
    "cloudwatch": _cloudwatch,
    "mezmo": _mezmo,
    "elasticsearch": _elasticsearch,
    "opensearch": _opensearch,
    "kafka": _kafka,
}
"""By the name that the settings have for it."""
