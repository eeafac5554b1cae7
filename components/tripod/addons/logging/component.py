"""The add-on Logging: Fluent Bit on every node, and one log back end."""

import pulumi
import pulumi_aws as aws

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.secrets import secret_value
from tripod.addons.logging.backends import log_backend, log_group_name
from tripod.addons.logging.fluent_bit import NAME, NAMESPACE, fluent_bit, fluent_bit_config
from tripod.addons.logging.spec import LoggingSpec
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import LoggingSettings


class LoggingArgs(AddOnArgs, LoggingSettings):
    """Arguments of Logging."""


class Logging(AddOn):
    """Logs of containers, nodes and API servers, sent from every node to one back end.

    Pods get secrets from a Kubernetes Secret alone, and AWS credentials from an IAM role of their own.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: LoggingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(LoggingSpec, args, LoggingArgs)
        super().__init__("Logging", name, args, spec, opts)
        if spec.backend == "cloudwatch":
            self._make_log_group(name, spec.cloudwatch.retention_days)
        backend = log_backend(self.cluster, spec)
        config = fluent_bit_config(
            self.cluster.cluster_name, backend.output, audit=spec.audit, buffer_mib=spec.buffer_mib
        )
        keys = {variable: secret_value(self, source) for variable, source in backend.keys.items()}
        role = self.role(NAMESPACE, NAME, self.policy(backend.policy)) if backend.policy else None
        self.declare(*fluent_bit(self.cluster, backend, config, keys, role))
        self.register_outputs(annotated_outputs(self))

    def _make_log_group(self, name: str, retention_days: int) -> None:
        group = log_group_name(self.cluster.cluster_name)
        aws.cloudwatch.LogGroup(
            f"{name}-group",
            name=group,
            retention_in_days=retention_days,
            kms_key_id=self.cluster.volume_key_arn,
            tags=self.cluster.owned_tags("logging", Name=group),
            opts=pulumi.ResourceOptions(parent=self),
        )
