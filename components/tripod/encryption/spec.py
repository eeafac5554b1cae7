"""Encryption settings."""

import re
from collections.abc import Iterator

from tripod.compute.spec import encryption_off
from tripod.core.problems import Path, Problem
from tripod.core.regions import arn_region
from tripod.core.spec import Spec


class EncryptionSpec(Spec):
    """KMS keys: one for disks and buckets, one for secrets. The cluster creates them unless they are given."""

    enabled: bool = True
    """Always true: false is refused with an explanation."""
    storage_key_arn: str | None = None
    """A KMS key of your own for volumes, snapshots and logs, in the cluster's region."""
    secrets_key_arn: str | None = None
    """A KMS key of your own for Secrets Manager and SSM parameters, in the cluster's region."""

    def _rules(self) -> Iterator[Problem]:
        if not self.enabled:
            yield encryption_off(("enabled",))

    def key_arns(self) -> dict[str, str]:
        """List the given keys by field."""
        given = {"storage_key_arn": self.storage_key_arn, "secrets_key_arn": self.secrets_key_arn}
        return {field: arn for field, arn in given.items() if arn is not None}


def key_problems(keys: dict[str, str], region: str, path: Path) -> Iterator[Problem]:
    """Find keys that cannot be used in a region.

    Args:
        keys: field → ARN.
        region: the cluster's region.
        path: the place of the fields in the configuration.
    """
    for field, arn in keys.items():
        if not re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/(mrk-)?[0-9a-f-]+", arn):
            yield Problem(
                (*path, field),
                repr(arn),
                "the ARN of a KMS key: arn:aws:kms:<region>:<account>:key/<id>",
                "give the key's ARN, not an alias: an alias may be pointed at another key",
            )
        elif arn_region(arn) != region:
            yield Problem(
                (*path, field),
                f"a key of {arn_region(arn)}",
                f"a key of {region}",
                "use a key of the cluster's region; of a multi-Region key, its replica there",
            )
