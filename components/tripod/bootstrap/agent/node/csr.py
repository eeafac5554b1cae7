"""Certificate signing requests as the API holds them: what is asked for, and by whom."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from . import der

CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
SERVING_SIGNER = "kubernetes.io/kubelet-serving"

_COMMON_NAME = "2.5.4.3"
_ORGANISATION = "2.5.4.10"
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
_ALTERNATIVE_NAMES = "2.5.29.17"
_ATTRIBUTES, _DNS, _ADDRESS = 0xA0, 0x82, 0x87

_PEM = re.compile(
    r"\s*-----BEGIN CERTIFICATE REQUEST-----\n(?P<body>[A-Za-z0-9+/=\n]+)-----END CERTIFICATE REQUEST-----\s*"
)


@dataclass(frozen=True)
class RequestedCertificate:
    """What a certificate is to say.

    Attributes:
        name: the subject's common name.
        organisation: the subject's organisation.
        dns: the names that it is to be good for.
        addresses: the addresses that it is to be good for.
    """

    name: str
    organisation: str
    dns: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True)
class Request:
    """A request for a certificate.

    Attributes:
        signer: who is to sign it.
        username: who asks.
        groups: the groups of whoever asks.
        usages: what the certificate is to be good for.
        wanted: what it is to say; None where that cannot be read, or is more than a kubelet asks for.
    """

    signer: str
    username: str
    groups: frozenset[str]
    usages: frozenset[str]
    wanted: RequestedCertificate | None


def is_pending(body: Mapping[str, Any]) -> bool:
    """Whether nobody has decided on a request."""
    status = body.get("status", {})
    decided = {condition["type"] for condition in status.get("conditions", [])}
    return not decided & {"Approved", "Denied", "Failed"} and not status.get("certificate")


def read_request(body: Mapping[str, Any]) -> Request:
    """What a CertificateSigningRequest asks for."""
    spec = body["spec"]
    try:
        wanted = read_wanted(base64.b64decode(spec["request"], validate=True).decode())
    except (ValueError, binascii.Error):
        wanted = None
    return Request(
        signer=spec["signerName"],
        username=spec.get("username", ""),
        groups=frozenset(spec.get("groups", [])),
        usages=frozenset(spec.get("usages", [])),
        wanted=wanted,
    )


def read_wanted(pem: str) -> RequestedCertificate:
    """What a certificate request (PEM) wants, if it is of the one form that kubelets write.

    That is a subject of a common name and an organisation, and alternative names that are DNS names or addresses.

    Raises:
        ValueError: it is of another form.
    """
    found = _PEM.fullmatch(pem)
    if found is None:
        raise der.DerError("not one request in PEM")
    whole = der.read(base64.b64decode(found["body"])).parts(der.SEQUENCE)
    information = whole[0].parts(der.SEQUENCE) if whole else ()
    if len(whole) != 3 or len(information) != 4:
        raise der.DerError("not a request")
    name, organisation = _subject(information[1])
    dns, addresses = _alternative_names(_extensions(information[3]))
    return RequestedCertificate(name, organisation, dns, addresses)


def _subject(value: der.Value) -> tuple[str, str]:
    parts: list[tuple[str, str]] = []
    for together in value.parts(der.SEQUENCE):
        for part in together.parts(der.SET):
            kind, text = _two(part.parts(der.SEQUENCE))
            parts.append((kind.identifier(), text.text()))
    known = dict(parts)
    if len(parts) != 2 or known.keys() != {_COMMON_NAME, _ORGANISATION}:
        raise der.DerError("a subject that is not a common name and an organisation")
    return known[_COMMON_NAME], known[_ORGANISATION]


def _extensions(value: der.Value) -> Sequence[der.Value]:
    attributes = value.parts(_ATTRIBUTES)
    if not attributes:
        return ()
    (attribute,) = attributes if len(attributes) == 1 else (None,)
    if attribute is None:
        raise der.DerError("more than one attribute")
    kind, values = _two(attribute.parts(der.SEQUENCE))
    lists = values.parts(der.SET)
    if kind.identifier() != _EXTENSION_REQUEST or len(lists) != 1:
        raise der.DerError("an attribute that is not a list of extensions")
    return lists[0].parts(der.SEQUENCE)


def _alternative_names(extensions: Sequence[der.Value]) -> tuple[frozenset[str], frozenset[str]]:
    dns: set[str] = set()
    addresses: set[str] = set()
    if len(extensions) > 1:
        raise der.DerError("more than one extension")
    for extension in extensions:
        parts = [part for part in extension.parts(der.SEQUENCE) if part.tag != der.BOOLEAN]
        kind, content = _two(parts)
        if kind.identifier() != _ALTERNATIVE_NAMES:
            raise der.DerError("an extension that is not alternative names")
        for name in der.read(content.expect(der.OCTET_STRING).content).parts(der.SEQUENCE):
            if name.tag == _DNS:
                dns.add(name.content.decode("ascii"))
            else:
                addresses.add(str(ip_address(name.expect(_ADDRESS).content)))
    return frozenset(dns), frozenset(addresses)


def _two(values: Sequence[der.Value]) -> tuple[der.Value, der.Value]:
    if len(values) != 2:
        raise der.DerError(f"{len(values)} values where two belong")
    return values[0], values[1]
