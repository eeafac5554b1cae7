"""The component EncryptionKeys: the customer keys of a cluster."""

import json
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.problems import raise_if_any
from tripod.core.regions import dns_suffix, partition
from tripod.core.spec_types import EncryptionSettings
from tripod.encryption.policy import secrets_key_policy, storage_key_policy
from tripod.encryption.spec import EncryptionSpec, key_problems


class EncryptionKeysArgs(OwnedArgs, EncryptionSettings):
    """Arguments of EncryptionKeys."""

    region: str
    """The region; keys that are given must be of it."""
    account_id: pulumi.Input[str]
    """The account."""
    incarnation: pulumi.Input[str]
    """Which life of the cluster this is: keys outlive it, and their aliases must not meet."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete them. Default: true."""


class EncryptionKeys(pulumi.ComponentResource):
    """Two customer keys, rotated yearly, which a destroy leaves behind: one for what is stored, one for secrets.

    Raises:
        ConfigurationError: a given key is not of the region, or encryption was to be off; nothing was made.
    """

    storage_key_arn: pulumi.Output[str]
    """The key of volumes, snapshots and logs."""
    secrets_key_arn: pulumi.Output[str]
    """The key of Secrets Manager and SSM parameters."""
    retained: pulumi.Output[dict[str, str]]
    """What a destroy leaves behind: what it is → its ARN."""

    def __init__(self, name: str, args: EncryptionKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(EncryptionSpec, args, EncryptionKeysArgs)
        region = args["region"]
        raise_if_any(key_problems(spec.key_arns(), region, ()))
        super().__init__("tripod:index:EncryptionKeys", name, recorded_inputs(args), opts)
        scope = ChildFactory.of(name, self, args)
        account = pulumi.Output.from_input(args["account_id"])
        storage_policy = account.apply(
            lambda id_: json.dumps(storage_key_policy(id_, partition(region), region, dns_suffix(region)))
        )
        secrets_policy = account.apply(lambda id_: json.dumps(secrets_key_policy(id_, partition(region))))
        keep = scope.retained_opts(args.get("protect", True))
        life = args["incarnation"]
        self.storage_key_arn = _given_or_made(spec.storage_key_arn, scope, "storage", storage_policy, life, keep)
        self.secrets_key_arn = _given_or_made(spec.secrets_key_arn, scope, "secrets", secrets_policy, life, keep)
        made = {
            f"{purpose} key": arn
            for purpose, given, arn in (
                ("storage", spec.storage_key_arn, self.storage_key_arn),
                ("secrets", spec.secrets_key_arn, self.secrets_key_arn),
            )
            if given is None
        }
        self.retained = pulumi.Output.all(**made)
        self.register_outputs(annotated_outputs(self))


def _given_or_made(
    given: str | None,
    scope: ChildFactory,
    purpose: str,
    policy: pulumi.Output[str],
    incarnation: pulumi.Input[str],
    keep: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    if given is not None:
        return pulumi.Output.from_input(given)
    key = aws.kms.Key(
        scope.child(purpose),
        description=f"{scope.cluster} {purpose}",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=policy,
        tags=scope.tags(purpose, role="encryption"),
        opts=keep,
    )
    aws.kms.Alias(
        scope.child(purpose, "alias"),
        name=pulumi.Output.concat("alias/", scope.cluster, "-", incarnation, "-", purpose),
        target_key_id=key.key_id,
        opts=keep,
    )
    return key.arn
