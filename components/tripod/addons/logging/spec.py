"""Settings of logging."""

import re
from collections.abc import Iterator
from typing import Literal

from tripod.addons.framework.spec import AddOnSpec
from tripod.addons.telemetry.destinations import host_problems, pair_problems
from tripod.core.log_retention import log_retention_problems
from tripod.core.patterns import HOST_NAME
from tripod.core.problems import Problem
from tripod.core.spec import Spec, Whole
from tripod.database.spec import SecretSourceSpec, port_problems


class CloudWatchLogsSpec(Spec):
    """Logs in a log group of the cluster's own."""

    retention_days: Whole = 30
    """Days that they are kept."""

    def _rules(self) -> Iterator[Problem]:
        yield from log_retention_problems(self.retention_days, ("retention_days",))


class MezmoSpec(Spec):
    """Logs in Mezmo (LogDNA)."""

    host: str = "logs.mezmo.com"
    """Its ingestion host."""
    tags: tuple[str, ...] = ()
    """Further tags of every line, beside the cluster's name."""
    ingestion_key: SecretSourceSpec
    """The ingestion key."""

    def _rules(self) -> Iterator[Problem]:
        yield from host_problems(self.host, "host")


class SearchSpec(Spec):
    """Logs in Elasticsearch or OpenSearch, over TLS."""

    host: str
    """Its host name."""
    port: Whole = 443
    """Its port."""
    index: str = "logs"
    """Prefix of the indices, one a day."""
    user: str | None = None
    """User that writes; by default no authentication."""
    password: SecretSourceSpec | None = None
    """That user's password."""

    def _rules(self) -> Iterator[Problem]:
        yield from host_problems(self.host, "host")
        yield from port_problems(self.port, ("port",))
        yield from pair_problems(self.user, self.password)
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,200}", self.index):
            yield Problem(("index",), repr(self.index), "lower-case letters, digits, - and _", "change the name")


class OpenSearchSpec(SearchSpec):
    """Logs in OpenSearch, over TLS."""

    domain_arn: str | None = None
    """The domain's ARN, of Amazon OpenSearch Service: pods then log in with a role of their own, and no password."""

    def _rules(self) -> Iterator[Problem]:
        yield from super()._rules()
        arn = self.domain_arn
        if arn is not None and not re.fullmatch(r"arn:aws[a-z-]*:es:[a-z0-9-]+:\d{12}:domain/[a-z0-9-]+", arn):
            yield Problem(("domain_arn",), repr(arn), "a domain's ARN", "copy it from the domain")
        if arn is not None and self.user is not None:
            yield Problem(("user",), repr(self.user), "a role or a user", "keep domainArn or user")


class KafkaSpec(Spec):
    """Logs in a topic of Kafka."""

    brokers: tuple[str, ...]
    """Brokers, as host:port; several."""
    topic: str = "logs"
    """The topic."""
    tls: bool = True
    """If true, connections to brokers use TLS."""
    user: str | None = None
    """User that writes (SASL); by default no authentication."""
    password: SecretSourceSpec | None = None
    """That user's password."""
    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    """SASL mechanism."""

    def _rules(self) -> Iterator[Problem]:
        for position, broker in enumerate(self.brokers):
            if not re.fullmatch(rf"{HOST_NAME}:\d{{1,5}}", broker):
                yield Problem(("brokers", position), repr(broker), "host:port", "write it as host:port")
        if not self.brokers:
            yield Problem(("brokers",), "none", "one or more, better three", "name the brokers")
        yield from pair_problems(self.user, self.password)
        if self.user is not None and not self.tls:
            yield Problem(("tls",), "false", "true where a user logs in", "switch TLS on: a password is sent")


class LoggingSpec(AddOnSpec):
    """Logs of containers, kubelets, containerd and API servers, collected on every node."""

    backend: Literal["cloudwatch", "mezmo", "elasticsearch", "opensearch", "kafka"] = "cloudwatch"
    """Log back end; its settings are in the section of its name."""
    cloudwatch: CloudWatchLogsSpec = CloudWatchLogsSpec()
    """A log group of the cluster's own."""
    mezmo: MezmoSpec | None = None
    """Mezmo (LogDNA)."""
    elasticsearch: SearchSpec | None = None
    """Elasticsearch."""
    opensearch: OpenSearchSpec | None = None
    """OpenSearch."""
    kafka: KafkaSpec | None = None
    """Kafka."""
    audit: bool = True
    """If true, the API servers' audit logs are collected."""
    buffer_mib: Whole = 512
    """Buffer of a node in MiB while the back end refuses logs; beyond it the oldest are dropped."""

    def _rules(self) -> Iterator[Problem]:
        for name in ("mezmo", "elasticsearch", "opensearch", "kafka"):
            section = getattr(self, name)
            if section is None and self.backend == name:
                yield Problem((name,), "nothing", f"what {name} needs", "add the section, or choose another backend")
            if section is not None and self.backend != name:
                yield Problem((name,), "a section", f"none while backend is {self.backend}", f"set backend: {name}")
        if not 64 <= self.buffer_mib <= 8192:
            yield Problem(("buffer_mib",), str(self.buffer_mib), "64 to 8192", "change the size")
