"""Encryption keys of the Secrets in etcd, by their names in the stored values.

Members have no right to read a key: an API server writes the key's name in clear before what it encrypts.
"""

import re

from .etcdctl import Etcdctl

SECRETS = "/registry/secrets/"
"""Prefix of the keys of Secrets in etcd."""

WRITTEN_WITH = "k8s:enc:secretbox:v1:"
"""Prefix of an encrypted value, before the key's name and a colon.

Source: kubernetes, apiserver/pkg/server/options/encryptionconfig/config.go, secretboxTransformerPrefixV1.
"""

_NAME = re.compile(re.escape(WRITTEN_WITH.encode()) + rb"([^:]+):")


def encryption_keys(etcdctl: Etcdctl, address: str, revision: int) -> list[str]:
    """Names of the keys that the Secrets of a revision are encrypted with.

    Raises:
        RetryableError: the member does not answer, or the revision is compacted by now.
    """
    names = {found[1].decode() for one in etcdctl.values(address, SECRETS, revision) if (found := _NAME.match(one))}
    return sorted(names)
