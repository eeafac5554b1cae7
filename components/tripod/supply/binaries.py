"""Binaries that nodes download: URL and digest of each, by architecture."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from tripod.core.problems import Path, Problem
from tripod.supply.pins import ARCHITECTURES, Digests, known_digests
from tripod.supply.versions import CNI_PLUGINS, CONTAINERD, CRICTL, ECR_CREDENTIAL_PROVIDER, RUNC

_KUBERNETES = "https://dl.k8s.io/release/v{version}/bin/linux/{architecture}/"
_GITHUB = "https://github.com/{project}/releases/download/v{{version}}/"

RELEASES: Mapping[str, str] = {
    "etcd": _GITHUB.format(project="etcd-io/etcd") + "etcd-v{version}-linux-{architecture}.tar.gz",
    "kubelet": _KUBERNETES + "kubelet",
    "kubeadm": _KUBERNETES + "kubeadm",
    "kubectl": _KUBERNETES + "kubectl",
    "containerd": _GITHUB.format(project="containerd/containerd") + "containerd-{version}-linux-{architecture}.tar.gz",
    "runc": _GITHUB.format(project="opencontainers/runc") + "runc.{architecture}",
    "crictl": _GITHUB.format(project="kubernetes-sigs/cri-tools") + "crictl-v{version}-linux-{architecture}.tar.gz",
    "cni-plugins": _GITHUB.format(project="containernetworking/plugins")
    + "cni-plugins-linux-{architecture}-v{version}.tgz",
    "ecr-credential-provider": "https://artifacts.k8s.io/binaries/cloud-provider-aws/v{version}/linux/{architecture}/"
    "ecr-credential-provider-linux-{architecture}",
}
"""Binary → URL pattern of its project's releases."""


def etcd_binaries(etcd: str) -> dict[str, str]:
    """List the binaries of an etcd member: binary → version."""
    return {"etcd": etcd}


def node_binaries(kubernetes: str, *, ecr: bool = False) -> dict[str, str]:
    """List the binaries of a Kubernetes node: binary → version.

    Args:
        kubernetes: the version of its kubelet.
        ecr: if true, it pulls from ECR.
    """
    return {
        "kubelet": kubernetes,
        "kubeadm": kubernetes,
        "kubectl": kubernetes,
        "containerd": CONTAINERD,
        "runc": RUNC,
        "crictl": CRICTL,
        "cni-plugins": CNI_PLUGINS,
        **({"ecr-credential-provider": ECR_CREDENTIAL_PROVIDER} if ecr else {}),
    }


def downloads(
    versions: Mapping[str, str], mirror: str | None, digests: Digests, architectures: tuple[str, ...] = ARCHITECTURES
) -> dict[str, dict[str, dict[str, str]]]:
    """List downloads: binary → architecture → url and sha256.

    Args:
        versions: binary → version.
        mirror: a mirror's URL; None for each project's own site.
        digests: digests beside the known ones.
        architectures: the instances' architectures.
    """
    return {
        name: {
            architecture: {
                "url": download_url(name, version, architecture, mirror),
                "sha256": _digest(name, version, architecture, digests),
            }
            for architecture in architectures
            if _digest(name, version, architecture, digests)
        }
        for name, version in versions.items()
    }


def download_url(name: str, version: str, architecture: str, mirror: str | None) -> str:
    """Build a binary's URL. A mirror has the same paths as the projects' sites."""
    published = RELEASES[name].format(version=version, architecture=architecture)
    return f"{mirror}{urlsplit(published).path}" if mirror else published


def digest_problems(
    versions: Mapping[str, str], digests: Digests, architectures: tuple[str, ...], path: Path
) -> Iterator[Problem]:
    """Find versions without a digest: no binary runs unverified.

    Args:
        versions: binary → version.
        digests: digests beside the known ones.
        architectures: the instances' architectures.
        path: the place of the versions in the configuration.
    """
    for name, version in versions.items():
        missing = [one for one in architectures if not _digest(name, version, one, digests)]
        if missing:
            known = ", ".join(known_digests()[name])
            yield Problem(
                path,
                repr(version),
                f"a version of {name} whose digest is known: {known}",
                f"choose one of those, or add the digests for {', '.join(missing)} to supply.digests.{name}.{version}",
            )


def _digest(name: str, version: str, architecture: str, digests: Digests) -> str:
    for source in (digests, known_digests()):
        found = source.get(name, {}).get(version, {}).get(architecture)
        if found:
            return found
    return ""
