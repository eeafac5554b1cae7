"""Leaf certificates, signed on the instance by an authority whose key is fetched and not stored."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ..core.errors import AgentError
from .host import CommandError, Host

DAYS = 365
"""Lifetime of a leaf, in days."""

WORK = "/run/tripod"
"""A folder in memory, lost at power-off."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority.

    Attributes:
        certificate: its certificate (PEM).
        private_key: its key (PEM); kept in memory only.
    """

    certificate: str
    private_key: str

    def __repr__(self) -> str:
        """Omit the key: it must not end in a log."""
        return "Authority(…)"


@dataclass(frozen=True)
class Leaf:
    """Contents of a leaf certificate.

    Attributes:
        name: its common name.
        addresses: the addresses that it is valid for.
        names: the names that it is valid for.
        usages: serverAuth, clientAuth.
    """

    name: str
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    usages: tuple[str, ...] = ("serverAuth", "clientAuth")

    def extensions(self) -> str:
        """Render its extensions for openssl."""
        alternatives = [f"IP:{address}" for address in self.addresses] + [f"DNS:{name}" for name in self.names]
        lines = [
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature",
            f"extendedKeyUsage={','.join(self.usages)}",
            "subjectKeyIdentifier=hash",
            "authorityKeyIdentifier=keyid,issuer",
        ]
        if alternatives:
            lines.append(f"subjectAltName={','.join(alternatives)}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Validity:
    """Validity of a certificate.

    Attributes:
        begin: its start.
        end: its end.
    """

    begin: datetime
    end: datetime

    def is_due(self, now: datetime) -> bool:
        """Return True if two thirds of it are over."""
        return now >= self.begin + (self.end - self.begin) * 2 / 3


def authority_of(secret: Mapping[str, object], name: str) -> Authority:
    """Read an authority from its secret.

    Args:
        secret: the secret's fields.
        name: the secret's name, for the message.

    Raises:
        AgentError: a field is missing.
    """
    certificate, key = secret.get("certificate"), secret.get("private_key")
    if not isinstance(certificate, str) or not isinstance(key, str):
        raise AgentError(f"the secret {name} lacks certificate or private_key: restore its last good version")
    return Authority(certificate, key)


def ensure_certificate(
    host: Host, authority: Authority, leaf: Leaf, *, certificate: str, key: str, now: datetime
) -> str:
    """Sign a certificate if there is none, another authority signed it, or two thirds of its validity are over.

    Its private key is made if there is none, and stays: key and certificate match at every moment of a renewal.

    Args:
        host: the instance.
        authority: the issuer.
        leaf: its contents.
        certificate: the certificate's file.
        key: its key's file.
        now: the time of day.

    Returns:
        The outcome, for the log.

    Raises:
        AgentError: openssl fails.
    """
    if not host.path(key).is_file():
        host.path(certificate).unlink(missing_ok=True)
        host.write(
            key, host.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"), 0o600
        )
    ca = f"{WORK}/{leaf.name}.ca"
    host.write(ca, authority.certificate)
    try:
        reason = _reason_to_sign(host, ca, certificate, now)
        if not reason:
            return f"certificate of {leaf.name} is valid until {validity(host, certificate).end:%Y-%m-%d}"
        host.write(certificate, _sign(host, authority, leaf, ca, key))
        return f"signed the certificate of {leaf.name}: {reason}"
    finally:
        host.path(ca).unlink(missing_ok=True)


def validity(host: Host, certificate: str) -> Validity:
    """Read a certificate's validity."""
    path = str(host.path(certificate))
    lines = host.run("openssl", "x509", "-in", path, "-noout", "-startdate", "-enddate", "-dateopt", "iso_8601")
    begin, end = (datetime.fromisoformat(line.split("=", 1)[1]) for line in lines.splitlines())
    return Validity(begin.astimezone(UTC), end.astimezone(UTC))


def _reason_to_sign(host: Host, ca: str, certificate: str, now: datetime) -> str:
    if not host.path(certificate).is_file():
        return "there was none"
    try:
        host.run("openssl", "verify", "-no_check_time", "-CAfile", str(host.path(ca)), str(host.path(certificate)))
    except CommandError:
        return "another authority had signed it"
    return "two thirds of its life were over" if validity(host, certificate).is_due(now) else ""


def _sign(host: Host, authority: Authority, leaf: Leaf, ca: str, key: str) -> str:
    request, extensions = f"{WORK}/{leaf.name}.csr", f"{WORK}/{leaf.name}.ext"
    subject = leaf.name.replace("/", r"\/")
    try:
        host.write(request, host.run("openssl", "req", "-new", "-key", str(host.path(key)), "-subj", f"/CN={subject}"))
        host.write(extensions, leaf.extensions())
        # fmt: off
        return host.run(
            "openssl", "x509", "-req", "-in", str(host.path(request)), "-sha256", "-days", str(DAYS),
            "-set_serial", f"0x{secrets.token_hex(16)}", "-extfile", str(host.path(extensions)),
            "-CA", str(host.path(ca)), "-CAkey", "/dev/stdin",
            given=authority.private_key,
        )
        # fmt: on
    finally:
        for path in (request, extensions):
            host.path(path).unlink(missing_ok=True)
