"""A Kubernetes API server on this machine, to which a rehearsal applies what lives in the cluster."""

import json
import os
import secrets
import socket
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from ssl import CERT_NONE, create_default_context
from urllib.error import URLError
from urllib.request import urlopen

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

VARIABLE = "TRIPOD_KUBERNETES"
"""Names a kubeconfig, such as kind's, or a folder with the programs etcd and kube-apiserver."""

PROGRAMS = ("etcd", "kube-apiserver")
START_SECONDS = 60
STOP_SECONDS = 10


class LocalKubernetesError(Exception):
    """There is no API server where one was named, or it does not start."""


@contextmanager
def local_kubernetes(place: str | None, service_range: str) -> Generator[Path | None]:
    """A Kubernetes API while a block runs.

    Args:
        place: a kubeconfig, a folder with etcd and kube-apiserver, or nothing.
        service_range: the range of Services, of a server that is started.

    Yields:
        A kubeconfig; None where no place was named.

    Raises:
        LocalKubernetesError: there is nothing of both at the place, or it does not start.
    """
    path = Path(place).expanduser() if place else None
    if path is None or path.is_file():
        yield path
        return
    absent = [name for name in PROGRAMS if not os.access(path / name, os.X_OK)]
    if absent:
        raise LocalKubernetesError(
            f"{path} is no kubeconfig and lacks {' and '.join(absent)}: name a kubeconfig, "
            f"or a folder with {' and '.join(PROGRAMS)}, in {VARIABLE}, or nothing"
        )
    with tempfile.TemporaryDirectory(prefix="tripod-kubernetes-") as folder, ExitStack() as running:
        yield _started(path, Path(folder), service_range, running)


def _started(programs: Path, folder: Path, service_range: str, running: ExitStack) -> Path:
    """Start etcd and an API server on loopback, in a folder of their own; the kubeconfig of its administrator."""
    clients, peers, port = (_free_port() for _ in range(3))
    etcd = (
        str(programs / "etcd"),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls=http://127.0.0.1:{clients}",
        f"--advertise-client-urls=http://127.0.0.1:{clients}",
        f"--listen-peer-urls=http://127.0.0.1:{peers}",
        "--unsafe-no-fsync",
    )
    running.enter_context(_process(etcd, folder / "etcd.log"))
    token = secrets.token_hex(16)
    _write_secret(folder / "tokens.csv", f'{token},rehearsal,rehearsal,"system:masters"\n')
    _write_secret(folder / "service-accounts.key", _rsa_key())
    server = (
        str(programs / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{clients}",
        "--bind-address=127.0.0.1",
        # Without it the server looks for a default route, which a laptop in the air does not have.
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        f"--service-cluster-ip-range={service_range}",
        "--service-account-issuer=https://rehearsal.invalid",
        f"--service-account-key-file={folder / 'service-accounts.key'}",
        f"--service-account-signing-key-file={folder / 'service-accounts.key'}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged",
    )
    process = running.enter_context(_process(server, folder / "kube-apiserver.log"))
    _await_ready(process, port, folder / "kube-apiserver.log")
    authority = (folder / "certificates" / "apiserver.crt").read_bytes()
    kubeconfig = folder / "kubeconfig"
    _write_secret(kubeconfig, _kubeconfig(port, authority, token))
    return kubeconfig


@contextmanager
def _process(command: Sequence[str], log: Path) -> Generator[subprocess.Popen[bytes]]:
    """A process that runs as long as a block, its output in a file."""
    with log.open("wb") as output:
        # In a session of its own: what interrupts the command must not end it before its clients.
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    # Only whether it answers is asked; what is sent later verifies its certificate.
    context = create_default_context()
    context.check_hostname, context.verify_mode = False, CERT_NONE
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(f"https://127.0.0.1:{port}/readyz", context=context, timeout=2):
                return
        except (URLError, OSError):
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-3:])
            raise LocalKubernetesError(f"the local Kubernetes API server does not start:\n{last}")
        time.sleep(0.1)


def _kubeconfig(port: int, authority: bytes, token: str) -> str:
    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority-data": b64encode(authority).decode(),
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "rehearsal",
            "clusters": [{"name": "rehearsal", "cluster": cluster}],
            "users": [{"name": "rehearsal", "user": {"token": token}}],
            "contexts": [{"name": "rehearsal", "context": {"cluster": "rehearsal", "user": "rehearsal"}}],
        }
    )


def _rsa_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
