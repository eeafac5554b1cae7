"""The component EncryptionKeys: a cluster's KMS keys."""

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
    """The region; given keys must be in it."""
    account_id: pulumi.Input[str]
    """The account."""
    incarnation: pulumi.Input[str]
    """The cluster incarnation; it is part of the aliases, since keys are retained after a destroy."""
    protect: NotRequired[bool]
    """If true, the engine refuses to delete them. Default: true."""


class EncryptionKeys(pulumi.ComponentResource):
    """Two KMS keys, rotated yearly and retained by a destroy: one for storage, one for secrets.

    Raises:
        ConfigurationError: a given key is in another region, or encryption is turned off; no resource was created.
    """

    storage_key_arn: pulumi.Output[str]
    """The key of volumes, snapshots and logs."""
    secrets_key_arn: pulumi.Output[str]
    """The key of Secrets Manager and SSM parameters."""
    retained: pulumi.Output[dict[str, str]]
    """Description → ARN of the keys that a destroy retains."""

    def __init__(self, name: str, args: EncryptionKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(EncryptionSpec, args, EncryptionKeysArgs)
        region = args["region"]
        raise_if_any(key_problems(spec.key_arns(), region, ()))
        super().__init__("tripod:index:EncryptionKeys", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        account = pulumi.Output.from_input(args["account_id"])
        storage_policy = account.apply(
            lambda id_: json.dumps(storage_key_policy(id_, partition(region), region, dns_suffix(region)))
        )
        secrets_policy = account.apply(lambda id_: json.dumps(secrets_key_policy(id_, partition(region))))
        retained = children.retained_opts(args.get("protect", True))
        incarnation = args["incarnation"]
        self.storage_key_arn = _key_arn(
            spec.storage_key_arn, children, "storage", storage_policy, incarnation, retained
        )
        self.secrets_key_arn = _key_arn(
            spec.secrets_key_arn, children, "secrets", secrets_policy, incarnation, retained
        )
        created = {
            f"{purpose} key": arn
            for purpose, given, arn in (
                ("storage", spec.storage_key_arn, self.storage_key_arn),
                ("secrets", spec.secrets_key_arn, self.secrets_key_arn),
            )
            if given is None
        }
        self.retained = pulumi.Output.all(**created)
        self.register_outputs(annotated_outputs(self))


def _key_arn(
    given: str | None,
    children: ChildFactory,
    purpose: str,
    policy: pulumi.Output[str],
    incarnation: pulumi.Input[str],
    retained: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    if given is not None:
        return pulumi.Output.from_input(given)
    key = aws.kms.Key(
        children.logical_name(purpose),
        description=f"{children.cluster} {purpose}",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=policy,
        tags=children.tags(purpose, role="encryption"),
        opts=retained,
    )
    aws.kms.Alias(
        children.logical_name(purpose, "alias"),
        name=pulumi.Output.concat("alias/", children.cluster, "-", incarnation, "-", purpose),
        target_key_id=key.key_id,
        opts=retained,
    )
    return key.arn
