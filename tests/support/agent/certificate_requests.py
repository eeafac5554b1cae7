"""Certificate requests as kubelets and others write them."""

import base64
import hashlib
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from tripod.bootstrap.agent.node.csr import CLIENT_SIGNER
from tripod.bootstrap.agent.node.join_token import WORKERS_GROUP

NODE = "i-0123456789abcdef0"
TOKEN_GROUPS = ("system:bootstrappers", WORKERS_GROUP, "system:authenticated")
NODE_GROUPS = ("system:nodes", "system:authenticated")
CLIENT = ("digital signature", "client auth")
SERVING = ("digital signature", "server auth")


KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))


def fingerprint(key: ec.EllipticCurvePrivateKey) -> str:
    """The fingerprint of a public key."""
    encoded = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"


def name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


def node_name(common_name: str = f"system:node:{NODE}", organisation: str = "system:nodes") -> x509.Name:
    """A subject in the order in which Go writes it."""
    return name((NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common_name))


def builder(
    subject: x509.Name, dns: Iterable[str] = (), addresses: Iterable[str] = ()
) -> x509.CertificateSigningRequestBuilder:
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    names: list[x509.GeneralName] = [x509.DNSName(one) for one in dns]
    names += [x509.IPAddress(ip_address(one)) for one in addresses]
    return made.add_extension(x509.SubjectAlternativeName(names), critical=False) if names else made


def signed(made: x509.CertificateSigningRequestBuilder, key: ec.EllipticCurvePrivateKey = KEY) -> str:
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def request_body(
    pem: str,
    *,
    signer: str = CLIENT_SIGNER,
    username: str = "system:bootstrap:abcdef",
    groups: Iterable[str] = TOKEN_GROUPS,
    usages: Iterable[str] = CLIENT,
    called: str = "csr-1",
    created: str = "2026-07-14T09:05:00Z",
) -> dict[str, Any]:
    """A CertificateSigningRequest, as the API shows it."""
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": called, "uid": f"uid-of-{called}", "resourceVersion": "7", "creationTimestamp": created},
        "spec": {
            "request": base64.b64encode(pem.encode()).decode(),
            "signerName": signer,
            "username": username,
            "groups": list(groups),
            "usages": list(usages),
        },
        "status": {},
    }


def first_request(
    instance: str, called: str = "first", key: ec.EllipticCurvePrivateKey = KEY, **changes: Any
) -> dict[str, Any]:
    """An instance's request for its first certificate."""
    return request_body(signed(builder(node_name(f"system:node:{instance}")), key), called=called, **changes)
