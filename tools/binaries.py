"""Build etcd, Kubernetes, promtool, helm and external-dns from their Go modules, for tests that run the real thing.

``python tools/binaries.py`` prints the folder that holds what a cluster runs; with names of modules, the folder of
theirs; with ``--cached`` only where it is there already. They are kept under ``.cache/binaries``, by what they were
built from: a change of version, of a dependency or of the compiler builds anew. ``TRIPOD_BINARIES_DIR`` names a folder
of ready ones instead, so that a machine without Go can run the same tests.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

MODULES = Path(__file__).parent / "binaries"
CACHE = Path(__file__).parent.parent / ".cache" / "binaries"
READY = "TRIPOD_BINARIES_DIR"

_CNI = "github.com/containernetworking/plugins/plugins"

PACKAGES = {
    "etcd": {
        "etcd": "go.etcd.io/etcd/server/v3",
        "etcdctl": "go.etcd.io/etcd/etcdctl/v3",
        "etcdutl": "go.etcd.io/etcd/etcdutl/v3",
    },
    "kubernetes": {
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubeadm", "kubectl", "kubelet")
    },
    "node": {
        "crictl": "sigs.k8s.io/cri-tools/cmd/crictl",
        "loopback": f"{_CNI}/main/loopback",
        "bridge": f"{_CNI}/main/bridge",
        "host-local": f"{_CNI}/ipam/host-local",
        "portmap": f"{_CNI}/meta/portmap",
        "bandwidth": f"{_CNI}/meta/bandwidth",
    },
    "pause": {"pause": "."},
    "prometheus": {"promtool": "github.com/prometheus/prometheus/cmd/promtool"},
    "helm": {"helm": "helm.sh/helm/v3/cmd/helm"},
    "external-dns": {"external-dns": "sigs.k8s.io/external-dns"},
}
"""Module → program → the package that is built."""

CLUSTER = ("etcd", "kubernetes", "node", "pause")
"""The modules of what a cluster runs. Others are built apart: who needs promtool waits for no API server."""


def names(modules: Sequence[str] = CLUSTER) -> tuple[str, ...]:
    """The programs of some modules."""
    return tuple(name for module in modules for name in PACKAGES[module])


class CannotBuildError(Exception):
    """The binaries are not there and cannot be made."""


def missing(modules: Sequence[str] = CLUSTER) -> str | None:
    """The reason why there are no binaries and none can be built; None otherwise."""
    ready = os.environ.get(READY)
    if ready is not None:
        absent = [name for name in names(modules) if not os.access(Path(ready) / name, os.X_OK)]
        return f"{READY}={ready} lacks {', '.join(absent)}" if absent else None
    if shutil.which("go") is None:
        return f"no `go` on PATH, and {READY} names no folder of ready binaries"
    return None


def binaries(console: Console | None = None, modules: Sequence[str] = CLUSTER) -> Path:
    """The folder with every program of some modules, built first where it has to be.

    Args:
        console: where progress goes; by default the standard error output.
        modules: names of ``PACKAGES``. Those that are asked for together are kept together.

    Raises:
        CannotBuildError: there is no compiler, or it failed.
    """
    reason = missing(modules)
    if reason:
        raise CannotBuildError(reason)
    if READY in os.environ:
        return Path(os.environ[READY])
    folder = CACHE / _digest(modules)
    if not folder.is_dir():
        with _locked("-".join(modules)) as scratch:
            if not folder.is_dir():
                _build_all(folder, scratch, modules, console or Console(stderr=True))
    return folder


def cached(modules: Sequence[str] = CLUSTER) -> Path | None:
    """The folder with every program of some modules, where it is there already; nothing is built."""
    if missing(modules):
        return None
    folder = Path(os.environ[READY]) if READY in os.environ else CACHE / _digest(modules)
    return folder if folder.is_dir() else None


def _digest(modules: Sequence[str]) -> str:
    """A digest of everything that the binaries depend on."""
    digest = hashlib.sha256(_go(["env", "GOVERSION", "GOOS", "GOARCH"], MODULES).encode())
    for module in modules:
        packages = PACKAGES[module]
        for file in sorted((MODULES / module).iterdir()):
            digest.update(file.read_bytes())
        digest.update(" ".join((*packages, *packages.values(), *_flags(module))).encode())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(what: str) -> Generator[Path]:
    """Let one process build something while others wait for what it makes; a folder to build in, not there yet."""
    CACHE.mkdir(parents=True, exist_ok=True)
    scratch = CACHE / f"building-{what}"
    with (CACHE / f"lock-{what}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(scratch, ignore_errors=True)  # left by a build that was killed
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _build_all(folder: Path, scratch: Path, modules: Sequence[str], console: Console) -> None:
    """Build into a folder beside, which gets its name when it is whole."""
    started = time.monotonic()
    for module in modules:
        for name, package in PACKAGES[module].items():
            begun = time.monotonic()
            _go(["build", *_flags(module), "-o", str(scratch / name), package], MODULES / module)
            console.print(f"built {name:24} {time.monotonic() - begun:6.1f} s", highlight=False)
    scratch.rename(folder)
    console.print(f"{len(names(modules))} binaries in {time.monotonic() - started:.0f} s", highlight=False)


def _flags(module: str) -> list[str]:
    """The command that compiles a module's programs, to the same bytes on every machine."""
    link = "-s -w"
    if module == "kubernetes":
        # Without these they call themselves v0.0.0-master, and kubeadm refuses to set up a version that is not its own.
        version = _version_of("k8s.io/kubernetes", module)
        major, minor, _ = version.split(".")
        said = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
            link += "".join(f" -X {package}.{name}={value}" for name, value in said.items())
    # Of all places where Prometheus finds targets, ours uses one; the others' clients take minutes to compile.
    tags = ["-tags=remove_all_sd,enable_kubernetes_sd"] if module == "prometheus" else []
    return ["-trimpath", "-mod=readonly", *tags, f"-ldflags={link}"]


def _version_of(path: str, module: str) -> str:
    """The version that a module requires of another, without its v."""
    found = re.search(
        rf"^(?:require )?\s*{re.escape(path)} v(\S+)$", (MODULES / module / "go.mod").read_text(), re.MULTILINE
    )
    if found is None:
        raise CannotBuildError(f"{module}/go.mod does not require {path}")
    return found[1]


def _go(arguments: list[str], module: Path) -> str:
    # Without C there is nothing of this machine in them, and they run on any Linux.
    environment = {**os.environ, "CGO_ENABLED": "0"}
    done = subprocess.run(  # noqa: S603
        ["go", *arguments],  # noqa: S607
        cwd=module,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CannotBuildError(f"go {arguments[0]} in {module} failed:\n{done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Build what is not there, and print where it is."""
    only_cached = "--cached" in sys.argv
    modules = tuple(name for name in sys.argv[1:] if name != "--cached") or CLUSTER
    if not PACKAGES.keys() >= set(modules):
        Console(stderr=True).print(f"there is {', '.join(PACKAGES)}; not {', '.join(modules)}", style="red")
        return 2
    if only_cached:
        sys.stdout.write(f"{cached(modules) or ''}\n")
        return 0
    try:
        folder = binaries(modules=modules)
    except CannotBuildError as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        return 1
    Console(soft_wrap=True).print(str(folder), markup=False, highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
