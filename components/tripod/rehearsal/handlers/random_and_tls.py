"""Random values, keys and certificates: real ones, since tests examine what is made of them."""

import base64
import datetime
import hashlib
import secrets
import string
from collections.abc import Mapping
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tripod.rehearsal.handlers.context import Context, Created, Handler
from tripod.rehearsal.inputs import Inputs, UnhandledInputError

_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_SUBJECT = {"commonName": NameOID.COMMON_NAME, "organization": NameOID.ORGANIZATION_NAME}

_EXTENDED = {
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
}

_USES = {
    "digital_signature": "digital_signature",
    "key_encipherment": "key_encipherment",
    "cert_signing": "key_cert_sign",
    "crl_signing": "crl_sign",
}


def _random_id(context: Context, inputs: Inputs) -> Created:
    del context
    value = secrets.token_bytes(inputs.need("byteLength"))
    return base64.urlsafe_b64encode(value).decode().rstrip("="), {
        "hex": value.hex(),
        "dec": str(int.from_bytes(value, "big")),
    }


def _random_password(context: Context, inputs: Inputs) -> Created:
    del context
    length = inputs.need("length")
    if inputs.take("special", True):
        raise UnhandledInputError(f"{inputs.type}: a rehearsal makes no password with special characters")
    characters = string.ascii_letters + string.digits
    return "none", {"result": "".join(secrets.choice(characters) for _ in range(length))}


def _private_key(context: Context, inputs: Inputs) -> Created:
    del context
    algorithm, bits, curve = inputs.need("algorithm"), inputs.take("rsaBits", 2048), inputs.take("ecdsaCurve")
    if algorithm == "RSA":
        key: _Key = rsa.generate_private_key(65537, bits)
    elif (algorithm, curve) == ("ECDSA", "P256"):
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        raise UnhandledInputError(f"{inputs.type}: a rehearsal makes no {algorithm} key on {curve}")
    # The same form as the provider's: PKCS#1 for RSA, SEC 1 for ECDSA.
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return hashlib.sha256(public.encode()).hexdigest()[:40], {"privateKeyPem": private, "publicKeyPem": public}


def _name(subject: Mapping[str, str]) -> x509.Name:
    unknown = subject.keys() - _SUBJECT.keys()
    if unknown:
        raise UnhandledInputError(f"a rehearsal writes no {', '.join(sorted(unknown))} into a certificate")
    return x509.Name([x509.NameAttribute(_SUBJECT[key], value) for key, value in sorted(subject.items())])


def _key_usage(uses: list[str]) -> x509.KeyUsage:
    wanted = {_USES[use] for use in uses if use in _USES}
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in wanted for name in names})


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    signer: _Key,
    inputs: Inputs,
    *,
    authority: bool,
) -> Created:
    uses, hours = inputs.need("allowedUses"), inputs.need("validityPeriodHours")
    unknown = [use for use in uses if use not in _USES and use not in _EXTENDED]
    if unknown:
        raise UnhandledInputError(f"{inputs.type}: a rehearsal grants no use {', '.join(unknown)}")
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(hours=hours))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_key_usage(uses), critical=True)
    )
    if authority:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    extended = [_EXTENDED[use] for use in uses if use in _EXTENDED]
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    return str(certificate.serial_number), {"certPem": certificate.public_bytes(Encoding.PEM).decode()}


def _loaded(pem: str) -> _Key:
    return cast("_Key", load_pem_private_key(pem.encode(), None))


def _self_signed(context: Context, inputs: Inputs) -> Created:
    del context
    key, subject = _loaded(inputs.need("privateKeyPem")), _name(inputs.need("subject"))
    inputs.take("setSubjectKeyId")
    return _signed(subject, subject, key.public_key(), key, inputs, authority=inputs.take("isCaCertificate", False))


def _request(context: Context, inputs: Inputs) -> Created:
    del context
    key = _loaded(inputs.need("privateKeyPem"))
    request = x509.CertificateSigningRequestBuilder().subject_name(_name(inputs.need("subject")))
    pem = request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return hashlib.sha256(pem.encode()).hexdigest()[:40], {"certRequestPem": pem}


def _locally_signed(context: Context, inputs: Inputs) -> Created:
    del context
    request = x509.load_pem_x509_csr(inputs.need("certRequestPem").encode())
    issuer = x509.load_pem_x509_certificate(inputs.need("caCertPem").encode()).subject
    # When a certificate is renewed is the engine's to see.
    inputs.take("earlyRenewalHours")
    signer = _loaded(inputs.need("caPrivateKeyPem"))
    return _signed(request.subject, issuer, request.public_key(), signer, inputs, authority=False)


HANDLERS: dict[str, Handler] = {
    "random:index/randomId:RandomId": _random_id,
    "random:index/randomPassword:RandomPassword": _random_password,
    "tls:index/privateKey:PrivateKey": _private_key,
    "tls:index/selfSignedCert:SelfSignedCert": _self_signed,
    "tls:index/certRequest:CertRequest": _request,
    "tls:index/locallySignedCert:LocallySignedCert": _locally_signed,
}
