"""Credentials of ECR for the kubelet's image pulls, by cloud-provider-aws' credential provider.

The kubelet does not start if the program is missing, and a pod's images that match are pulled with the node's role.
"""

import json

from ..host.host import Host
from ..instance.documents import Supply
from .paths import KUBERNETES

PROVIDER = "ecr-credential-provider"
"""The program's name, which the configuration's must equal (cloud-provider-aws, docs/credential_provider.md)."""

PROVIDERS = "/usr/local/lib/kubelet/image-credential-providers"
"""The folder of the program alone."""

CONFIG = f"{KUBERNETES}/image-credential-provider.json"

# The hosts that the program takes (cloud-provider-aws 1.31.7, cmd/ecr-credential-provider/main.go,
# ecrPrivateHostPattern), of the partitions aws, aws-cn and aws-us-gov. A glob matches one part of a name. Not
# public.ecr.aws: it needs no login, and each pull would ask for one in us-east-1, with rights that nodes lack.
MATCHED = (
    "*.dkr.ecr.*.amazonaws.com",
    "*.dkr.ecr.*.amazonaws.com.cn",
    "*.dkr.ecr-fips.*.amazonaws.com",
    "*.dkr-ecr.*.on.aws",
    "*.dkr-ecr.*.on.amazonwebservices.com.cn",
    "*.dkr-ecr-fips.*.on.aws",
)


def has_provider(supply: Supply) -> bool:
    """True if the role's document names the program: its nodes may pull from ECR."""
    return PROVIDER in supply.binaries


def provider_configuration() -> str:
    """Render the kubelet's CredentialProviderConfig."""
    provider = {
        "name": PROVIDER,
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
        "matchImages": list(MATCHED),
        # The program says how long: half of a token's validity. Without that nothing is cached.
        "defaultCacheDuration": "0s",
    }
    config = {"apiVersion": "kubelet.config.k8s.io/v1", "kind": "CredentialProviderConfig", "providers": [provider]}
    return json.dumps(config, indent=1) + "\n"


def provider_arguments(supply: Supply) -> dict[str, str]:
    """Build the kubelet's arguments; none without the program."""
    if not has_provider(supply):
        return {}
    return {"image-credential-provider-config": CONFIG, "image-credential-provider-bin-dir": PROVIDERS}


def prepare_image_credentials(host: Host, supply: Supply) -> None:
    """Write the configuration, if the role's document names the program."""
    if has_provider(supply):
        host.write(CONFIG, provider_configuration())
