"""Container images around programs that were built here, as one archive that a container runtime imports.

An image is one layer with one static program in it. The archive is an OCI image layout: blobs named by their digest,
and an index that gives each image its name.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tripod.supply.images import KUBERNETES_REGISTRY
from tripod.supply.versions import KUBERNETES, PAUSE

_OCI = "application/vnd.oci.image"
_FOLDER = "/usr/local/bin"
_NAME = "io.containerd.image.name"
_PLATFORM = {"architecture": "amd64", "os": "linux"}


NODE_IMAGES = {
    **{
        f"{KUBERNETES_REGISTRY}/{program}:v{KUBERNETES}": program
        for program in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    },
    f"{KUBERNETES_REGISTRY}/pause:{PAUSE}": "pause",
}
"""The images of a control-plane node before anything is deployed to it: full name with the tag → its one program."""


def write_archive(file: Path, images: Mapping[str, str], programs: Path) -> None:
    """Write an archive of images.

    Args:
        file: where it goes.
        images: full name with the tag → the program in it, which it runs.
        programs: the folder of their programs.
    """
    with tarfile.open(file, "w") as archive:
        descriptors = [_add_image(archive, name, programs / program) for name, program in images.items()]
        _add(archive, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(archive, "index.json", _json({"schemaVersion": 2, "manifests": descriptors}))


def _add_image(archive: tarfile.TarFile, name: str, program: Path) -> dict[str, Any]:
    layer = _layer(program)
    # Not compressed: to unpack costs an emulated processor more than to read.
    layer_descriptor = _add_blob(archive, f"{_OCI}.layer.v1.tar", layer)
    configuration = {
        **_PLATFORM,
        "config": {"Entrypoint": [f"{_FOLDER}/{program.name}"], "Env": [f"PATH={_FOLDER}"]},
        "rootfs": {"type": "layers", "diff_ids": [layer_descriptor["digest"]]},
    }
    kind = f"{_OCI}.manifest.v1+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": _add_blob(archive, f"{_OCI}.config.v1+json", _json(configuration)),
        "layers": [layer_descriptor],
    }
    described = _add_blob(archive, kind, _json(manifest))
    return {**described, "platform": _PLATFORM, "annotations": {_NAME: name}}


def _layer(program: Path) -> bytes:
    """A layer with a program and the folders that lead to it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as layer:
        for folder in ("usr", "usr/local", "usr/local/bin"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            layer.addfile(entry)
        entry = tarfile.TarInfo(f"{_FOLDER.lstrip('/')}/{program.name}")
        entry.size, entry.mode = program.stat().st_size, 0o755
        with program.open("rb") as opened:
            layer.addfile(entry, opened)
    return content.getvalue()


def _add_blob(archive: tarfile.TarFile, kind: str, content: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    _add(archive, f"blobs/sha256/{digest}", content)
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _json(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True).encode()
