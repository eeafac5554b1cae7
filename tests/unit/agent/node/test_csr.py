"""Requests are untrusted bytes: what is read of them is what the signer will sign, or nothing."""

import base64
import contextlib
import hashlib
import subprocess
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import assume, given
from hypothesis import strategies as st

from support.agent.certificate_requests import KEY, NODE, builder, fingerprint, name, node_name, request_body, signed
from support.stacks.samples import few
from tripod.bootstrap.agent.node.csr import (
    RequestedCertificate,
    UnreadableRequestError,
    is_pending,
    read_request,
    requested_certificate,
)

hosts = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,8}){0,3}", fullmatch=True)
addresses = st.ip_addresses().map(str)


@few
@given(st.lists(hosts, max_size=4, unique=True), st.lists(addresses, max_size=4, unique=True))
def test_names_and_addresses_are_read_as_they_were_written(dns: list[str], ips: list[str]) -> None:
    wanted = requested_certificate(signed(builder(node_name(), dns, ips)))
    assert wanted == RequestedCertificate(
        f"system:node:{NODE}",
        "system:nodes",
        frozenset(dns),
        frozenset(str(ip_address(one)) for one in ips),
        fingerprint(KEY),
    )


def test_what_openssl_writes_is_read_too() -> None:
    script = (
        "openssl ecparam -name prime256v1 -genkey -noout | openssl req -new -key /dev/stdin "
        f"-subj '/O=system:nodes/CN=system:node:{NODE}' -addext 'subjectAltName=DNS:{NODE},IP:10.0.1.7'"
    )
    pem = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    key = subprocess.run(
        ["sh", "-c", "openssl req -pubkey -noout | openssl pkey -pubin -outform DER"],
        input=pem.encode(),
        capture_output=True,
        check=True,
    ).stdout
    assert requested_certificate(pem) == RequestedCertificate(
        f"system:node:{NODE}",
        "system:nodes",
        frozenset({NODE}),
        frozenset({"10.0.1.7"}),
        f"sha256:{hashlib.sha256(key).hexdigest()}",
    )


def test_a_key_has_one_fingerprint_however_it_is_encoded(tmp_path: Path) -> None:
    script = (
        "openssl ecparam -name prime256v1 -genkey -noout -out a.key && "
        "openssl ec -in a.key -conv_form compressed -out b.key && "
        f"subject='/O=system:nodes/CN=system:node:{NODE}' && "
        "for key in a b; do openssl req -new -key $key.key -subj $subject -out $key; done"
    )
    subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True)
    one, other = (tmp_path.joinpath(name).read_text() for name in "ab")
    assert len(other) < len(one)
    assert requested_certificate(one).key == requested_certificate(other).key != fingerprint(KEY)


def test_a_line_break_in_a_name_hides_nothing_behind_it() -> None:
    # openssl prints what follows on a line of its own, where a reader of its text would not look.
    pem = signed(builder(node_name(), [f"{NODE}\n        Signature Algorithm: x"], ["10.9.9.9"]))
    wanted = requested_certificate(pem)
    assert wanted.addresses == {"10.9.9.9"}
    assert wanted.dns == {f"{NODE}\n        Signature Algorithm: x"}


@few
@given(st.text(min_size=1, max_size=40))
def test_whatever_is_in_a_name_is_in_that_name(text: str) -> None:
    assume("\x00" not in text and len(text.encode()) <= 60)
    assert requested_certificate(signed(builder(node_name(text)))).name == text


CN, ORG, UNIT = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME
STRANGE_SUBJECTS = {
    "no organisation": name((CN, f"system:node:{NODE}")),
    "no name": name((ORG, "system:nodes")),
    "two names": name((ORG, "system:nodes"), (CN, f"system:node:{NODE}"), (CN, "system:node:i-0fffffffffffffff0")),
    "two organisations": name((ORG, "system:nodes"), (ORG, "system:masters"), (CN, f"system:node:{NODE}")),
    "something more": name((ORG, "system:nodes"), (UNIT, "x"), (CN, f"system:node:{NODE}")),
    "one name twice": name((CN, f"system:node:{NODE}"), (CN, f"system:node:{NODE}")),
    "nothing": name(),
    "two organisations in one part": x509.Name(
        [
            x509.RelativeDistinguishedName(name((ORG, "system:nodes"), (ORG, "system:masters"))),
            x509.RelativeDistinguishedName(name((CN, f"system:node:{NODE}"))),
        ]
    ),
}


@pytest.mark.parametrize("subject", STRANGE_SUBJECTS.values(), ids=STRANGE_SUBJECTS)
def test_another_subject_is_not_read(subject: x509.Name) -> None:
    with pytest.raises(UnreadableRequestError, match="subject"):
        requested_certificate(signed(builder(subject)))


@pytest.mark.parametrize(
    "extension",
    [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), x509.BasicConstraints(ca=True, path_length=None)],
)
def test_a_request_for_more_than_a_kubelet_asks_for_is_not_read(extension: x509.ExtensionType) -> None:
    with pytest.raises(UnreadableRequestError):
        requested_certificate(signed(builder(node_name()).add_extension(extension, critical=False)))


GOOD = signed(builder(node_name(), [NODE], ["10.0.1.7"]))


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "something",
        GOOD + GOOD,
        f"before\n{GOOD}",
        GOOD.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        GOOD.replace("-----BEGIN CERTIFICATE REQUEST-----\n", "-----BEGIN CERTIFICATE REQUEST-----\nProc-Type: 4\n\n"),
    ],
)
def test_what_is_not_one_request_is_not_read(pem: str) -> None:
    with pytest.raises(UnreadableRequestError, match="not one request"):
        requested_certificate(pem)


def in_pem(body: bytes) -> str:
    text = base64.encodebytes(body).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"


DER = base64.b64decode("".join(GOOD.splitlines()[1:-1]))


def tlv(tag: int, *parts: bytes) -> bytes:
    """A value in DER."""
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x82]) + size.to_bytes(2, "big")
    if 0x80 <= size < 0x100:
        length = bytes([0x81, size])
    return bytes([tag]) + length + content


EXTENSION_REQUEST = bytes.fromhex("06092a864886f70d01090e")
SUBJECT = node_name().public_bytes()
ORGANISATION = tlv(0x31, tlv(0x30, bytes.fromhex("060355040a"), tlv(0x0C, b"system:nodes")))


def written(subject: bytes = SUBJECT, *attributes: bytes) -> str:
    """A request that is properly signed, with a subject and attributes as they are given."""
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    information = tlv(0x30, b"\x02\x01\x00", subject, public, tlv(0xA0, *attributes))
    signature = KEY.sign(information, ec.ECDSA(SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    return in_pem(tlv(0x30, information, algorithm, tlv(0x03, b"\x00", signature)))


def subject(tag: int, text: bytes) -> bytes:
    return tlv(0x30, ORGANISATION, tlv(0x31, tlv(0x30, bytes.fromhex("0603550403"), tlv(tag, text))))


def alternatives(*names: bytes) -> bytes:
    """The attribute that requests alternative names."""
    extension = tlv(0x30, bytes.fromhex("0603551d11"), tlv(0x04, tlv(0x30, *names)))
    return tlv(0x30, EXTENSION_REQUEST, tlv(0x31, tlv(0x30, extension)))


NAMED = alternatives(tlv(0x82, b"a.b"))


@pytest.mark.parametrize("tag", [0x0C, 0x13, 0x16], ids=["UTF8String", "PrintableString", "IA5String"])
def test_plain_strings_are_read(tag: int) -> None:
    pem = written(subject(tag, b"system:node:x"), alternatives(tlv(0x82, b"a.b"), tlv(0x87, b"\x0a\x00\x00\x01")))
    assert requested_certificate(pem) == RequestedCertificate(
        "system:node:x", "system:nodes", frozenset({"a.b"}), frozenset({"10.0.0.1"}), fingerprint(KEY)
    )
    assert requested_certificate(written()).dns == frozenset()


OTHERS = {
    "a TeletexString": (subject(0x14, b"system:node:x"),),
    "a BMPString": (subject(0x1E, "system:node:x".encode("utf-16-be")),),
    "a UniversalString": (subject(0x1C, "system:node:x".encode("utf-32-be")),),
    "a NumericString": (subject(0x12, b"1"),),
    "a VisibleString": (subject(0x1A, b"system:node:x"),),
    "a BIT STRING": (subject(0x03, b"\x00x"),),
    "an OCTET STRING": (subject(0x04, b"x"),),
    "text that is not UTF-8": (subject(0x0C, b"\xff"),),
    "PrintableString that is not ASCII": (subject(0x13, b"\xc3\xa4"),),
    "one more attribute": (SUBJECT, NAMED, tlv(0x30, bytes.fromhex("06092a864886f70d010907"), tlv(0x31, b"\x0c\x01x"))),
    "the attribute twice": (SUBJECT, NAMED, NAMED),
    "two values of the attribute": (SUBJECT, tlv(0x30, EXTENSION_REQUEST, tlv(0x31, b"\x30\x00", b"\x30\x00"))),
    "no value of the attribute": (SUBJECT, tlv(0x30, EXTENSION_REQUEST, tlv(0x31))),
    "another attribute alone": (SUBJECT, tlv(0x30, bytes.fromhex("06092a864886f70d010907"), tlv(0x31, b"\x0c\x01x"))),
    "Microsoft's list of extensions": (SUBJECT, tlv(0x30, bytes.fromhex("060a2b06010401823702010e"), NAMED[13:])),
    "a range of addresses": (SUBJECT, alternatives(tlv(0x87, bytes(8)))),
    "a range of IPv6 addresses": (SUBJECT, alternatives(tlv(0x87, bytes(32)))),
    "an address of five bytes": (SUBJECT, alternatives(tlv(0x87, bytes(5)))),
    "a DNS name that is not ASCII": (SUBJECT, alternatives(tlv(0x82, "ä.b".encode()))),
    "a mail address": (SUBJECT, alternatives(tlv(0x81, b"a@b.c"))),
    "the address of a page": (SUBJECT, alternatives(tlv(0x86, b"https://a.b"))),
    "a registered identifier": (SUBJECT, alternatives(tlv(0x88, b"\x2a\x03"))),
    "a directory name": (SUBJECT, alternatives(tlv(0xA4, SUBJECT))),
    "another name": (SUBJECT, alternatives(tlv(0xA0, b"\x06\x01\x2a", tlv(0xA0, b"\x0c\x01x")))),
    "a name of no kind": (SUBJECT, alternatives(tlv(0x89, b"x"))),
}


@pytest.mark.parametrize("parts", OTHERS.values(), ids=OTHERS)
def test_a_signed_request_of_another_form_is_not_read(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(UnreadableRequestError):
        requested_certificate(written(*parts))


def test_a_request_that_another_key_signed_is_not_read() -> None:
    other = base64.b64decode("".join(signed(builder(node_name(), [NODE], ["10.0.1.8"])).splitlines()[1:-1]))
    for body in (DER.replace(b"\x87\x04\x0a\x00\x01\x07", b"\x87\x04\x0a\x00\x01\x08"), other[:-8] + DER[-8:]):
        with pytest.raises(UnreadableRequestError):
            requested_certificate(in_pem(body))


MALFORMED = {
    "nothing": b"\n",
    "half of it": DER[: len(DER) // 2],
    "all but a byte": DER[:-1],
    "a byte more": DER + b"\x00",
    "two requests": DER + DER,
    "a length without an end": b"\x30\x80" + DER[4:] + b"\x00\x00",
    "a length with a leading zero": b"\x30\x83\x00" + DER[2:],
    "a length of five bytes": b"\x30\x85\x00\x00\x00" + DER[2:],
    "a short length written long": b"\x30\x81\x05\x04\x03abc",
    "a long tag": b"\x3f\x10" + DER[1:],
    "a set": b"\x31" + DER[1:],
    "only its first part": DER[4:-80],
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_not_read(body: bytes) -> None:
    with pytest.raises(UnreadableRequestError):
        requested_certificate(in_pem(body))


@pytest.mark.parametrize("key", ["RSA", "Ed25519"])
def test_any_key_that_signs_may_be_certified(key: str) -> None:
    made = rsa.generate_private_key(65537, 2048) if key == "RSA" else ed25519.Ed25519PrivateKey.generate()
    request = builder(node_name()).sign(made, SHA256() if key == "RSA" else None)
    assert requested_certificate(request.public_bytes(Encoding.PEM).decode()).name == f"system:node:{NODE}"


@few
@given(st.data())
def test_a_broken_request_is_not_read(data: st.DataObject) -> None:
    """Whatever byte changes, reading ends with the one kind of error: what changes is no longer what was signed."""
    body = bytearray(DER)
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnreadableRequestError):
        requested_certificate(in_pem(bytes(body)))


@few
@given(st.binary(max_size=120), st.binary(max_size=120))
def test_any_signed_bytes_are_read_or_refused(first: bytes, second: bytes) -> None:
    for parts in ((first,), (SUBJECT, first), (SUBJECT, alternatives(first)), (tlv(0x30, first), alternatives(second))):
        with contextlib.suppress(UnreadableRequestError):
            requested_certificate(written(*parts))


@pytest.mark.parametrize(
    ("status", "pending"),
    [
        ({}, True),
        ({"conditions": []}, True),
        ({"conditions": [{"type": "Approved"}]}, False),
        ({"conditions": [{"type": "Denied"}]}, False),
        ({"conditions": [{"type": "Failed"}]}, False),
        ({"certificate": "x"}, False),
    ],
)
def test_a_request_is_pending_until_somebody_has_decided(status: dict[str, Any], pending: bool) -> None:
    assert is_pending({**request_body(GOOD), "status": status}) is pending


def test_a_request_that_cannot_be_read_is_still_a_request() -> None:
    body = request_body(GOOD)
    assert read_request(body).certificate is not None
    body["spec"]["request"] = "*"
    assert read_request(body).certificate is None
    assert read_request(body).username == "system:bootstrap:abcdef"
    del body["spec"]["username"], body["spec"]["groups"]
    assert read_request(body).groups == frozenset()
