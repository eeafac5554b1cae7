import base64
import hashlib
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tripod.iam.issuer_documents import discovery_document, key_id, key_set

ISSUER = "https://s3.us-west-2.amazonaws.com/demo-issuer"


@pytest.fixture(scope="module")
def keys() -> list[rsa.RSAPublicKey]:
    return [rsa.generate_private_key(65537, size).public_key() for size in (2048, 3072)]


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def der_integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def public_key_info(key: rsa.RSAPublicKey) -> bytes:
    """SubjectPublicKeyInfo by hand (RFC 5280, RFC 8017): what the API server digests for a key's id."""
    numbers = key.public_numbers()
    rsa_encryption = bytes.fromhex("300d06092a864886f70d0101010500")
    numbers_sequence = der(0x30, der_integer(numbers.n) + der_integer(numbers.e))
    return der(0x30, rsa_encryption + der(0x03, b"\0" + numbers_sequence))


def entries(*public_keys: rsa.RSAPublicKey) -> list[dict[str, str]]:
    return cast("Any", key_set([pem(key) for key in public_keys])["keys"])


def test_a_key_is_published_by_its_numbers(keys: list[rsa.RSAPublicKey]) -> None:
    for key, jwk in zip(keys, entries(*keys), strict=True):
        assert number(jwk["n"]) == key.public_numbers().n
        assert number(jwk["e"]) == 65537
        assert jwk["e"] == "AQAB"


def test_a_number_is_written_without_padding_and_leading_zeros(keys: list[rsa.RSAPublicKey]) -> None:
    for key, jwk in zip(keys, entries(*keys), strict=True):
        assert len(jwk["n"]) == -(-key.key_size // 8 * 4 // 3)
        assert not set(jwk["n"] + jwk["kid"]) & set("=+/")


def test_a_keys_id_is_the_one_that_the_api_server_writes_into_tokens(keys: list[rsa.RSAPublicKey]) -> None:
    for key, jwk in zip(keys, entries(*keys), strict=True):
        digest = base64.urlsafe_b64encode(hashlib.sha256(public_key_info(key)).digest())
        assert jwk["kid"] == digest.decode().rstrip("=") == key_id(pem(key))


def test_an_entry_says_what_the_key_is_for(keys: list[rsa.RSAPublicKey]) -> None:
    (jwk,) = entries(keys[0])
    assert {name: jwk[name] for name in ("kty", "use", "alg")} == {"kty": "RSA", "use": "sig", "alg": "RS256"}
    assert jwk.keys() == {"kty", "use", "alg", "kid", "n", "e"}


def test_keys_keep_their_order_so_that_a_rotation_can_publish_both(keys: list[rsa.RSAPublicKey]) -> None:
    assert [jwk["kid"] for jwk in entries(*keys)] == [key_id(pem(key)) for key in keys]


def test_a_key_that_aws_does_not_take_is_refused() -> None:
    with pytest.raises(TypeError, match="RSA"):
        key_set([pem(ec.generate_private_key(ec.SECP256R1()).public_key())])


def test_the_discovery_document_points_to_the_keys_under_the_issuer() -> None:
    document = discovery_document(ISSUER)
    assert document["issuer"] == ISSUER
    assert document["jwks_uri"] == f"{ISSUER}/openid/v1/jwks"
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert document["response_types_supported"] == ["id_token"]
    assert document["subject_types_supported"] == ["public"]
