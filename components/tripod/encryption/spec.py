"""Which keys encrypt what."""

import re
from collections.abc import Iterator

from tripod.compute.spec import encryption_off
from tripod.core.problems import Path, Problem
from tripod.core.regions import arn_region
from tripod.core.spec import Spec


class EncryptionSpec(Spec):
    """Customer keys: one for disks and buckets, one for secrets. The cluster makes them unless they are given."""

    enabled: bool = True
    """Cannot be turned off; it stands here so that the attempt is answered."""
    storage_key_arn: str | None = None
    """A KMS key of your own for volumes, snapshots and logs, in the cluster's region."""
    secrets_key_arn: str | None = None
    """A KMS key of your own for Secrets Manager and SSM parameters, in the cluster's region."""

    def _rules(self) -> Iterator[Problem]:
        if not self.enabled:
            yield encryption_off(("enabled",))

    def key_arns(self) -> dict[str, str]:
        """Field → ARN, of the keys that are given."""
        given = {"storage_key_arn": self.storage_key_arn, "secrets_key_arn": self.secrets_key_arn}
        return {field: arn for field, arn in given.items() if arn is not None}


def key_problems(keys: dict[str, str], region: str, path: Path) -> Iterator[Problem]:
    """Keys that cannot be used in a region.

    Args:
        keys: field → ARN.
        region: where the cluster is.
        path: where the fields stand.
    """
    for field, arn in keys.items():
        if not re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/(mrk-)?[0-9a-f-]+", arn):
            yield Problem(
                (*path, field),
                repr(arn),
                "the ARN of a KMS key: arn:aws:kms:<region>:<account>:key/<id>",
                "give the key's ARN, not an alias: an alias may come to mean another key",
            )
        elif arn_region(arn) != region:
            yield Problem(
                (*path, field),
                f"a key of {arn_region(arn)}",
                f"a key of {region}",
                "use a key of the cluster's region; of a multi-Region key, the replica that is there",
            )
