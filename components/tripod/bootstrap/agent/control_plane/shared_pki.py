"""PKI files that all control-plane nodes share: unless they are consistent, kubeadm is not run.

kubeadm silently generates any of these that it does not find. A node with an authority of its own would
accept and issue certificates that no other node trusts.
"""

from collections.abc import Iterator, Mapping

from ..core.errors import AgentError
from ..host.host import CommandError, Host
from ..instance.context import Agent
from ..node.kubeadm_cleanup import is_done
from ..node.paths import CLUSTER_CA, CONTROL_PLANE_MARKER, ETCD_CA, PKI

_PRIVATE, _PUBLIC = 0o600, 0o644

_CERTIFICATES = (CLUSTER_CA, f"{PKI}/front-proxy-ca.crt", ETCD_CA)
_PAIRS = (("ca", "the cluster's authority"), ("front-proxy-ca", "the front proxy's authority"))


def write_shared_pki(agent: Agent) -> str:
    """Fetch the shared files, and refuse them unless they are consistent.

    Raises:
        AgentError: one is missing or does not fit; with every reason.
    """
    files = _fetch(agent)
    strange = [path for path in _CERTIFICATES if _differs(agent.host, path, files[path][0])]
    if strange and is_done(agent, CONTROL_PLANE_MARKER):
        raise AgentError(
            f"{', '.join(strange)} is another authority than this node was made with, and what it signed is in use: "
            "replace the node, or restore the secret's last good version"
        )
    for path, (text, mode) in files.items():
        agent.host.write(path, text, mode)
    require_consistent_pki(agent.host)
    return f"{len(files)} files, which fit together"


def require_consistent_pki(host: Host) -> None:
    """Check the shared files on the instance.

    Raises:
        AgentError: one is missing or does not fit; with every reason.
    """
    problems = list(shared_pki_problems(host))
    if problems:
        raise AgentError(
            f"the shared keys and certificates cannot be used: {'; '.join(problems)}. kubeadm is not run, since it "
            "would make its own. Restore the secrets' last good versions"
        )


def shared_pki_problems(host: Host) -> Iterator[str]:
    """Problems of the shared files on an instance."""
    for path in _CERTIFICATES:
        yield from _certificate_problems(host, path)
    for name, what in _PAIRS:
        if _public_key_of_certificate(host, f"{PKI}/{name}.crt") != _public_key(host, f"{PKI}/{name}.key"):
            yield f"{PKI}/{name}.key is not the key of {what}"
    signing = _public_key(host, f"{PKI}/sa.key")
    if signing is None or signing not in _public_keys(host.read(f"{PKI}/sa.pub") or ""):
        yield f"{PKI}/sa.pub does not hold the public half of {PKI}/sa.key"
    texts = [text for text in (host.read(path) for path in _CERTIFICATES) if text is not None]
    if len({_without_whitespace(text) for text in texts}) < len(texts):
        # A client signed by the front proxy's authority may claim to be any user.
        yield "two of the three authorities are one and the same"


def _fetch(agent: Agent) -> dict[str, tuple[str, int]]:
    document = agent.config.control_plane
    secrets = document.secrets
    files = {ETCD_CA: (document.etcd_ca, _PUBLIC)}
    for name, file in ((secrets.cluster_ca, "ca"), (secrets.front_proxy_ca, "front-proxy-ca")):
        secret = agent.aws.secret(name)
        files[f"{PKI}/{file}.crt"] = (_field(secret, "certificate", name), _PUBLIC)
        files[f"{PKI}/{file}.key"] = (_field(secret, "private_key", name), _PRIVATE)
    secret = agent.aws.secret(secrets.service_accounts)
    public_keys: object = secret.get("public_keys")
    if not isinstance(public_keys, list) or not public_keys:
        raise AgentError(f"the secret {secrets.service_accounts} lacks public_keys: restore its last good version")
    files[f"{PKI}/sa.key"] = (_field(secret, "private_key", secrets.service_accounts), _PRIVATE)
    # Several while they rotate: tokens signed with the old one stay good.
    files[f"{PKI}/sa.pub"] = ("\n".join(str(key).strip() for key in public_keys) + "\n", _PUBLIC)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return files


def _field(secret: Mapping[str, object], field: str, name: str) -> str:
    found = secret.get(field)
    if not isinstance(found, str) or not found.strip():
        raise AgentError(f"the secret {name} lacks {field}: restore its last good version")
    return found


def _certificate_problems(host: Host, path: str) -> Iterator[str]:
    place = str(host.path(path))
    if _public_key_of_certificate(host, path) is None:
        yield f"{path} holds no certificate"
        return
    if "CA:TRUE" not in _output(host, "openssl", "x509", "-in", place, "-noout", "-ext", "basicConstraints"):
        yield f"{path} is not an authority's certificate"
    if not host.succeeds("openssl", "x509", "-in", place, "-noout", "-checkend", "0"):
        yield f"{path} has expired"


def _public_key_of_certificate(host: Host, path: str) -> str | None:
    return _output(host, "openssl", "x509", "-in", str(host.path(path)), "-noout", "-pubkey") or None


def _public_key(host: Host, path: str) -> str | None:
    """Derive a private key's public half. openssl's message about a broken key is dropped."""
    return _output(host, "openssl", "pkey", "-in", str(host.path(path)), "-pubout") or None


def _differs(host: Host, path: str, text: str) -> bool:
    return host.read(path) not in (None, text)


def _output(host: Host, *command: str) -> str:
    try:
        return host.run(*command)
    except CommandError:
        return ""


def _public_keys(text: str) -> list[str]:
    end = "-----END PUBLIC KEY-----"
    return [f"{part.strip()}\n{end}\n" for part in text.split(end) if part.strip()]


def _without_whitespace(text: str) -> str:
    return "".join(text.split())
