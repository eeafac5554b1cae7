"""Authorities as `pulumi up` makes them."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from support.controlplane.authority import Authority, Issued


class TlsAuthority(Authority):
    """An authority with what pulumi-tls gives one: a subject key identifier, and a key in its traditional form.

    openssl refuses to sign as the agent asks it to without that identifier.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        old = x509.load_pem_x509_certificate(self.pair.certificate)
        public = self._key.public_key()
        builder = x509.CertificateBuilder(
            issuer_name=old.issuer,
            subject_name=old.subject,
            public_key=public,
            serial_number=old.serial_number,
            not_valid_before=old.not_valid_before_utc,
            not_valid_after=old.not_valid_after_utc,
        )
        for extension in old.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        key = self._key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        self.pair = Issued(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM), key)
