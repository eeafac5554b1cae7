"""Certificate signing requests as the Kubernetes API stores them."""

import base64
import hashlib
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from ..core.typed_json import JsonObject

if TYPE_CHECKING:
    from cryptography.x509 import CertificateSigningRequest

CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
SERVING_SIGNER = "kubernetes.io/kubelet-serving"

_COMMON_NAME = "2.5.4.3"
_ORGANISATION = "2.5.4.10"
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
_UTF8_STRING = 0x0C
_STRING_TAGS = (_UTF8_STRING, 0x13, 0x16)
"""UTF8String, PrintableString and IA5String: strings that every reader decodes alike."""

_PEM = re.compile(
    r"\s*-----BEGIN CERTIFICATE REQUEST-----\n(?P<body>[A-Za-z0-9+/=\n]+)-----END CERTIFICATE REQUEST-----\s*"
)


class UnreadableRequestError(ValueError):
    """A certificate request is malformed, or of a form that kubelets do not write."""


@dataclass(frozen=True)
class RequestedCertificate:
    """Contents of a requested certificate.

    Attributes:
        name: the subject's common name.
        organisation: the subject's organisation.
        dns: DNS names among its alternative names.
        addresses: IP addresses among its alternative names.
        key: fingerprint of its public key, ``sha256:…``.
    """

    name: str
    organisation: str
    dns: frozenset[str]
    addresses: frozenset[str]
    key: str


@dataclass(frozen=True)
class Request:
    """A CertificateSigningRequest.

    Attributes:
        signer: the signer it is addressed to.
        username: the user who created it.
        groups: that user's groups.
        usages: requested key usages.
        certificate: the requested contents; None if they cannot be read, or are more than a kubelet requests.
    """

    signer: str
    username: str
    groups: frozenset[str]
    usages: frozenset[str]
    certificate: RequestedCertificate | None


def is_pending(body: JsonObject) -> bool:
    """Return True if a request is undecided."""
    status = body.get("status", {})
    decided = {condition["type"] for condition in status.get("conditions", [])}
    return not decided & {"Approved", "Denied", "Failed"} and not status.get("certificate")


def read_request(body: JsonObject) -> Request:
    """Read a CertificateSigningRequest object."""
    spec = body["spec"]
    try:
        certificate = requested_certificate(base64.b64decode(spec["request"], validate=True).decode())
    except ValueError:
        certificate = None
    return Request(
        signer=spec["signerName"],
        username=spec.get("username", ""),
        groups=frozenset(spec.get("groups", [])),
        usages=frozenset(spec.get("usages", [])),
        certificate=certificate,
    )


def requested_certificate(pem: str) -> RequestedCertificate:
    """Read a certificate request (PEM) of the one form that kubelets write.

    Its subject is a common name and an organisation, its only extension is alternative names, these are DNS names or
    addresses, and its signature is by the key that it names.

    Raises:
        UnreadableRequestError: it is of another form.
    """
    found = _PEM.fullmatch(pem)
    if found is None:
        raise UnreadableRequestError("not one request in PEM")
    # A phase installs the distribution's package; the agent starts without it.
    from cryptography.x509 import load_der_x509_csr  # noqa: PLC0415

    try:
        request = load_der_x509_csr(base64.b64decode(found["body"]))
        return RequestedCertificate(*_subject(request), *_alternative_names(request), _fingerprint(request))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # The library's errors have no class in common, 38.0's panics are no Exception (an attribute without a value),
        # and no request may stop the approver.
        raise UnreadableRequestError(str(error) or repr(error)) from error


def _subject(request: "CertificateSigningRequest") -> tuple[str, str]:
    if not request.is_signature_valid:
        raise UnreadableRequestError("a signature by another key")
    subject = request.subject
    attributes = {attribute.oid.dotted_string: attribute for attribute in subject}
    if len(list(subject)) != 2 or attributes.keys() != {_COMMON_NAME, _ORGANISATION}:
        raise UnreadableRequestError("a subject that is not a common name and an organisation")
    for attribute in subject:
        content = str(attribute.value).encode()
        tags = _STRING_TAGS if content.isascii() else (_UTF8_STRING,)
        plain = tuple(bytes((tag, len(content))) + content for tag in tags)
        if not type(subject)([attribute]).public_bytes().endswith(plain):
            raise UnreadableRequestError("a subject with another kind of string, or a long one")
    return str(attributes[_COMMON_NAME].value), str(attributes[_ORGANISATION].value)


def _alternative_names(request: "CertificateSigningRequest") -> tuple[frozenset[str], frozenset[str]]:
    from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName  # noqa: PLC0415

    if [attribute.oid.dotted_string for attribute in request.attributes] not in ([], [_EXTENSION_REQUEST]):
        raise UnreadableRequestError("an attribute that is not a list of extensions")
    dns: set[str] = set()
    addresses: set[str] = set()
    for extension in request.extensions:
        if not isinstance(extension.value, SubjectAlternativeName):
            raise UnreadableRequestError("an extension that is not alternative names")
        for name in extension.value:
            if isinstance(name, DNSName) and name.value.isascii():
                dns.add(name.value)
            elif isinstance(name, IPAddress) and isinstance(name.value, (IPv4Address, IPv6Address)):
                addresses.add(str(name.value))
            else:
                raise UnreadableRequestError("an alternative name that is neither a DNS name nor an address")
    return frozenset(dns), frozenset(addresses)


def _fingerprint(request: "CertificateSigningRequest") -> str:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    key = request.public_key()
    if isinstance(key, EllipticCurvePublicKey):
        # One key has one fingerprint: older releases of the library keep a point compressed that came so.
        key = key.public_numbers().public_key()
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"
