"""Certificate authorities as `pulumi up` makes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLOCK_SKEW = timedelta(minutes=5)


class Usage(Enum):
    """Extended key usage of a certificate."""

    SERVER = ExtendedKeyUsageOID.SERVER_AUTH
    CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, as PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """A certificate authority with what pulumi-tls gives one: a subject key identifier, and a key in traditional form.

    openssl refuses to sign as the agent asks it to without that identifier.

    Attributes:
        pair: its own certificate and key.
    """

    def __init__(self, name: str, validity: timedelta = timedelta(days=3650)) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(self._name, self._name, self._key, validity)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs=True), critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        self.pair = Issued(_pem(builder.sign(self._key, hashes.SHA256())), _key_pem(self._key))

    @property
    def certificate(self) -> bytes:
        """Its certificate, for those who are to trust it."""
        return self.pair.certificate

    def issue(
        self,
        common_name: str,
        usages: Iterable[Usage] = Usage,
        addresses: Iterable[IPv4Address] = (),
        names: Iterable[str] = (),
        groups: Iterable[str] = (),
        validity: timedelta = timedelta(days=365),
    ) -> Issued:
        """Sign a certificate.

        Args:
            common_name: whose it is; Kubernetes takes it for the user.
            usages: what it may be used for.
            addresses: the addresses of a server.
            names: the names of a server.
            groups: its organizations; Kubernetes takes them for groups.
            validity: how long it is valid; negative for one that has expired.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = _builder(subject, self._name, key, validity)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage.value for usage in usages]), critical=False)
        alternatives = [*map(x509.IPAddress, addresses), *map(x509.DNSName, names)]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return Issued(_pem(builder.sign(self._key, hashes.SHA256())), _key_pem(key))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, validity: timedelta
) -> x509.CertificateBuilder:
    end = datetime.now(UTC) + validity
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(datetime.now(UTC), end) - CLOCK_SKEW)
        .not_valid_after(end)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
