"""Container runtime: its configuration, its unit and its image mirrors."""

import json
import re
from collections.abc import Mapping

from ..core.errors import AgentError
from ..host.host import Host
from ..host.units import FOLDER
from ..instance.documents import ImageSupply
from ..instance.downloads import PROGRAMS

CONFIG = "/etc/containerd/config.toml"
CERTIFICATES = "/etc/containerd/certs.d"
UNIT = "containerd.service"
SOCKET = "unix:///run/containerd/containerd.sock"
PROGRAM = f"{PROGRAMS}/containerd"
CRICTL = "/etc/crictl.yaml"

_PLUGIN_FOLDER = "/opt/cni/bin"
"""The folder of network plugins. The default of Debian's package is another."""

_IMAGE = r"[A-Za-z0-9][A-Za-z0-9./:@_-]*"
_REGISTRY = r"[a-z0-9][a-z0-9.-]*(:\d+)?|_default"
_MIRROR = r"(?P<scheme>https?://)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?)(?P<path>(/[A-Za-z0-9][A-Za-z0-9._-]*)*)/?"

_CONFIG = """\
version = {version}

[plugins.{images}{pinned}]
  {sandbox} = "{pause}"

[plugins.{images}.registry]
  config_path = "{certificates}"

[plugins.{runtime}.containerd]
  default_runtime_name = "runc"

[plugins.{runtime}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins.{runtime}.containerd.runtimes.runc.options]
  SystemdCgroup = true

[plugins.{runtime}.cni]
  {plugin_folder}
  conf_dir = "/etc/cni/net.d"
"""
_VERSION_3 = {
    "version": "3",
    "images": "'io.containerd.cri.v1.images'",
    "pinned": ".pinned_images",
    "sandbox": "sandbox",
    "runtime": "'io.containerd.cri.v1.runtime'",
}
_CRI = '"io.containerd.grpc.v1.cri"'
_VERSION_2 = {"version": "2", "images": _CRI, "pinned": "", "sandbox": "sandbox_image", "runtime": _CRI}
"""Names of plugins and keys. Version 2 of the configuration has one plugin for images and for containers."""


def version(printed: str) -> tuple[int, int]:
    """Parse the version from the output of ``containerd --version``.

    Raises:
        AgentError: there is none in it.
    """
    found = re.search(r"\bv?(\d+)\.(\d+)\.\d+", printed)
    if found is None:
        raise AgentError(f"`containerd --version` prints {printed.strip()!r}, in which no version is")
    return int(found[1]), int(found[2])


def config(installed: tuple[int, int], pause: str) -> str:
    """Render the configuration for a version of containerd.

    Args:
        installed: its version.
        pause: the image of every pod's sandbox. Pinned, so that the kubelet never collects it as garbage.

    Raises:
        AgentError: the image is invalid.
    """
    if re.fullmatch(_IMAGE, pause) is None:
        raise AgentError(f"the pause image {pause!r} is no image")
    # From 2.1 on the folders are a list, and the single one is deprecated.
    folder = f'bin_dirs = ["{_PLUGIN_FOLDER}"]' if installed >= (2, 1) else f'bin_dir = "{_PLUGIN_FOLDER}"'
    names = _VERSION_3 if installed >= (2, 0) else _VERSION_2
    return _CONFIG.format(pause=pause, certificates=CERTIFICATES, plugin_folder=folder, **names)


def mirror_hosts(mirror: str) -> str:
    """Render the file by which containerd fetches a registry's images from a mirror only.

    Args:
        mirror: a registry, or a path in one: ``mirror.example.com/kubernetes``.

    Raises:
        AgentError: it is invalid.
    """
    found = re.fullmatch(_MIRROR, mirror)
    if found is None:
        raise AgentError(f"the mirror {mirror!r} is no registry")
    address = f"{found['scheme'] or 'https://'}{found['host']}"
    path = f"/v2{found['path']}" if found["path"] else ""
    # Named as the server, not as an additional host: containerd falls back to the server, and a gap in the mirror
    # would show on the day when the registry itself cannot be reached, and not before.
    lines = [f'server = "{address}{path}"', 'capabilities = ["pull", "resolve"]']
    if path:
        lines.append("override_path = true")
    return "\n".join(lines) + "\n"


def mirror_files(mirrors: Mapping[str, str]) -> dict[str, str]:
    """File → text, for every registry that has a mirror.

    Raises:
        AgentError: a registry or a mirror is invalid.
    """
    strange = [registry for registry in mirrors if re.fullmatch(_REGISTRY, registry) is None]
    if strange:
        raise AgentError(f"the registry {strange[0]!r} is none: write it like registry.k8s.io")
    return {f"{CERTIFICATES}/{registry}/hosts.toml": mirror_hosts(mirror) for registry, mirror in mirrors.items()}


def unit_text() -> str:
    """Render the unit of a downloaded containerd."""
    return f"""\
[Unit]
Description=Container runtime
After=network.target dbus.service

[Service]
Type=notify
ExecStart={PROGRAM}
Restart=always
RestartSec=5
# Containers outlive their runtime's restart.
KillMode=process
Delegate=yes
OOMScoreAdjust=-999
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity

[Install]
WantedBy=multi-user.target
"""


def prepare_containerd(host: Host, images: ImageSupply) -> str:
    """Configure the installed containerd and start it.

    Raises:
        AgentError: it is not installed, or an image or mirror is invalid.
    """
    installed = version(host.run("containerd", "--version"))
    # Read at start; the mirrors' files are read at every pull.
    changed = host.write(CONFIG, config(installed, images.pause))
    for path, text in mirror_files(images.mirrors).items():
        host.write(path, text)
    if host.path(PROGRAM).exists():
        # A package would have brought its own unit.
        changed |= host.write(f"{FOLDER}/{UNIT}", unit_text())
    # For `crictl`, which people on call use too.
    host.write(CRICTL, json.dumps({"runtime-endpoint": SOCKET, "image-endpoint": SOCKET, "timeout": 10}))
    host.enable(UNIT, changed=changed)
    return f"containerd {installed[0]}.{installed[1]}, {len(images.mirrors)} mirrors"
