"""Releases of the programs that were built here, at the paths of a mirror."""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tripod.supply.binaries import download_url
from tripod.supply.spec import SupplySpec
from tripod.supply.versions import CNI_PLUGINS, CRICTL, ETCD, KUBERNETES

ETCD_RELEASES = {"etcd": ETCD}
NODE_RELEASES = {
    **dict.fromkeys(("kubelet", "kubeadm", "kubectl"), KUBERNETES),
    "crictl": CRICTL,
    "cni-plugins": CNI_PLUGINS,
}
"""Binary → version."""

_ARCHIVED = {
    "etcd": tuple(f"etcd-v{ETCD}-linux-amd64/{name}" for name in ("etcd", "etcdctl", "etcdutl")),
    "crictl": ("crictl",),
    "cni-plugins": tuple(f"./{name}" for name in ("loopback", "bridge", "host-local", "portmap", "bandwidth")),
}


class Releases:
    """Published programs.

    Attributes:
        files: path at a mirror → content.
    """

    def __init__(self, versions: Mapping[str, str], programs: Path) -> None:
        """Publish.

        Args:
            versions: binary → version.
            programs: the folder of the programs.
        """
        self._versions = versions
        self._contents = {
            name: _packed(programs, _ARCHIVED[name]) if name in _ARCHIVED else (programs / name).read_bytes()
            for name in versions
        }
        self.files = {
            download_url(name, version, "amd64", "mirror").removeprefix("mirror"): self._contents[name]
            for name, version in versions.items()
        }

    def supply(self, mirror: str) -> SupplySpec:
        """The supply settings of a stack file for a mirror that has them."""
        digests = {
            name: {version: {"amd64": hashlib.sha256(self._contents[name]).hexdigest()}}
            for name, version in self._versions.items()
        }
        # Settings demand HTTPS of a mirror; this one is on the same machine.
        return SupplySpec.model_construct(binaries=mirror, images={}, digests=digests)


def _packed(programs: Path, members: Iterable[str]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as archive:
        for member in members:
            archive.add(programs / Path(member).name, member)
    return content.getvalue()
