"""The OIDC discovery document and key set, with which AWS verifies service-account tokens."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

DISCOVERY_PATH = ".well-known/openid-configuration"
KEY_SET_PATH = "openid/v1/jwks"


def discovery_document(issuer: str) -> dict[str, object]:
    """Build an issuer's discovery document (OpenID Connect Discovery 1.0, section 3).

    Args:
        issuer: its URL, as in the tokens' iss claim.
    """
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/{KEY_SET_PATH}",
        "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss"],
    }


def key_set(public_keys: list[str]) -> dict[str, object]:
    """Build the key set that verifies an issuer's tokens (RFC 7517).

    Args:
        public_keys: RSA public keys (PEM).
    """
    return {"keys": [_key(pem) for pem in public_keys]}


def key_id(public_key: str) -> str:
    """Compute the key id (kid) of a token's header as the API server does: the digest of the key's DER form."""
    der = _rsa(public_key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return _base64url(hashlib.sha256(der).digest())


def _key(public_key: str) -> dict[str, str]:
    numbers = _rsa(public_key).public_numbers()
    return {
        "use": "sig",
        "kty": "RSA",
        "kid": key_id(public_key),
        "alg": "RS256",
        "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": _base64url(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")),
    }


def _rsa(public_key: str) -> RSAPublicKey:
    loaded = load_pem_public_key(public_key.encode())
    if not isinstance(loaded, RSAPublicKey):
        raise TypeError("a service-account key must be RSA: AWS accepts only RS256")
    return loaded


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
