"""Which binaries a role's nodes download: address and digest of each, for each architecture."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from tripod.core.problems import Path, Problem
from tripod.supply.pins import ARCHITECTURES, Digests, known_digests
from tripod.supply.versions import CNI_PLUGINS, CONTAINERD, CRICTL, RUNC

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
}
"""Binary → where its project publishes it."""


def etcd_binaries(etcd: str) -> dict[str, str]:
    """Binary → version, of what a member runs."""
    return {"etcd": etcd}


def node_binaries(kubernetes: str) -> dict[str, str]:
    """Binary → version, of what a Kubernetes node runs."""
    return {
        "kubelet": kubernetes,
        "kubeadm": kubernetes,
        "kubectl": kubernetes,
        "containerd": CONTAINERD,
        "runc": RUNC,
        "crictl": CRICTL,
        "cni-plugins": CNI_PLUGINS,
    }


def downloads(
    wanted: Mapping[str, str], mirror: str | None, digests: Digests, architectures: tuple[str, ...] = ARCHITECTURES
) -> dict[str, dict[str, dict[str, str]]]:
    """Binary → architecture → url and sha256.

    Args:
        wanted: binary → version.
        mirror: a mirror's address; None: each project's own site.
        digests: digests beside those that are known.
        architectures: of the instances.
    """
    return {
        name: {
            architecture: {
                "url": address(name, version, architecture, mirror),
                "sha256": _digest(name, version, architecture, digests),
            }
            for architecture in architectures
            if _digest(name, version, architecture, digests)
        }
        for name, version in wanted.items()
    }


def address(name: str, version: str, architecture: str, mirror: str | None) -> str:
    """Where a binary is downloaded from. A mirror has the same paths as the projects' sites."""
    published = RELEASES[name].format(version=version, architecture=architecture)
    return f"{mirror}{urlsplit(published).path}" if mirror else published


def digest_problems(
    wanted: Mapping[str, str], digests: Digests, architectures: tuple[str, ...], path: Path
) -> Iterator[Problem]:
    """Versions whose digest nobody has said: nothing is run that was not verified.

    Args:
        wanted: binary → version.
        digests: digests beside those that are known.
        architectures: of the instances.
        path: where versions are chosen.
    """
    for name, version in wanted.items():
        missing = [one for one in architectures if not _digest(name, version, one, digests)]
        if missing:
            known = ", ".join(known_digests()[name])
            yield Problem(
                path,
                repr(version),
                f"a version of {name} whose digest is known: {known}",
                f"choose one of those, or write those of {', '.join(missing)} into supply.digests.{name}.{version}",
            )


def _digest(name: str, version: str, architecture: str, digests: Digests) -> str:
    for source in (digests, known_digests()):
        found = source.get(name, {}).get(version, {}).get(architecture)
        if found:
            return found
    return ""
