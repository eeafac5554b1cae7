"""Requests are untrusted bytes: what is read of them is what the signer will sign, or nothing."""

import base64
import subprocess
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import assume, given
from hypothesis import strategies as st

from support.certificate_requests import NODE, builder, name, node_name, request_body, signed
from support.samples import few
from tripod.bootstrap.agent.node import der
from tripod.bootstrap.agent.node.csr import RequestedCertificate, is_pending, read_request, read_wanted

hosts = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,8}){0,3}", fullmatch=True)
addresses = st.ip_addresses().map(str)


@few
@given(st.lists(hosts, max_size=4, unique=True), st.lists(addresses, max_size=4, unique=True))
def test_names_and_addresses_are_read_as_they_were_written(dns: list[str], ips: list[str]) -> None:
    wanted = read_wanted(signed(builder(node_name(), dns, ips)))
    assert wanted == RequestedCertificate(
        f"system:node:{NODE}", "system:nodes", frozenset(dns), frozenset(str(ip_address(one)) for one in ips)
    )


def test_what_openssl_writes_is_read_too() -> None:
    script = (
        "openssl ecparam -name prime256v1 -genkey -noout | openssl req -new -key /dev/stdin "
        f"-subj '/O=system:nodes/CN=system:node:{NODE}' -addext 'subjectAltName=DNS:{NODE},IP:10.0.1.7'"
    )
    pem = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert read_wanted(pem) == RequestedCertificate(
        f"system:node:{NODE}", "system:nodes", frozenset({NODE}), frozenset({"10.0.1.7"})
    )


def test_a_line_break_in_a_name_hides_nothing_behind_it() -> None:
    # openssl prints what follows on a line of its own, where a reader of its text would not look.
    pem = signed(builder(node_name(), [f"{NODE}\n        Signature Algorithm: x"], ["10.9.9.9"]))
    wanted = read_wanted(pem)
    assert wanted.addresses == {"10.9.9.9"}
    assert wanted.dns == {f"{NODE}\n        Signature Algorithm: x"}


@few
@given(st.text(min_size=1, max_size=40))
def test_whatever_is_in_a_name_is_in_that_name(text: str) -> None:
    assume("\x00" not in text and len(text.encode()) <= 60)
    assert read_wanted(signed(builder(node_name(text)))).name == text


CN, ORG, UNIT = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME
STRANGE_SUBJECTS = {
    "no organisation": name((CN, f"system:node:{NODE}")),
    "no name": name((ORG, "system:nodes")),
    "two names": name((ORG, "system:nodes"), (CN, f"system:node:{NODE}"), (CN, "system:node:i-0fffffffffffffff0")),
    "two organisations": name((ORG, "system:nodes"), (ORG, "system:masters"), (CN, f"system:node:{NODE}")),
    "something more": name((ORG, "system:nodes"), (UNIT, "x"), (CN, f"system:node:{NODE}")),
    "one name twice": name((CN, f"system:node:{NODE}"), (CN, f"system:node:{NODE}")),
    "nothing": name(),
}


@pytest.mark.parametrize("subject", STRANGE_SUBJECTS.values(), ids=STRANGE_SUBJECTS)
def test_another_subject_is_not_read(subject: x509.Name) -> None:
    with pytest.raises(der.DerError, match="subject"):
        read_wanted(signed(builder(subject)))


def test_two_organisations_in_one_part_are_not_read() -> None:
    together = x509.RelativeDistinguishedName(
        [x509.NameAttribute(ORG, "system:nodes"), x509.NameAttribute(ORG, "system:masters")]
    )
    alone = x509.RelativeDistinguishedName([x509.NameAttribute(CN, f"system:node:{NODE}")])
    with pytest.raises(der.DerError, match="subject"):
        read_wanted(signed(builder(x509.Name([together, alone]))))


def more(made: x509.CertificateSigningRequestBuilder, what: str) -> x509.CertificateSigningRequestBuilder:
    match what:
        case "usage":
            return made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        case "authority":
            return made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        case "attribute":
            return made.add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, b"secret")
        case "mail":
            return made.add_extension(x509.SubjectAlternativeName([x509.RFC822Name("a@b.c")]), critical=False)
        case _:
            return made.add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier("https://a.b")]), critical=False
            )


@pytest.mark.parametrize("what", ["usage", "authority", "attribute", "mail", "address of a page"])
def test_a_request_for_more_than_a_kubelet_asks_for_is_not_read(what: str) -> None:
    with pytest.raises(der.DerError):
        read_wanted(signed(more(builder(node_name()), what)))


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
    with pytest.raises(der.DerError, match="not one request"):
        read_wanted(pem)


@few
@given(st.data())
def test_a_broken_request_is_read_as_nothing_or_as_what_it_says(data: st.DataObject) -> None:
    """Whatever byte changes, reading ends, and ends with an answer or with the one kind of error."""
    body = bytearray(base64.b64decode("".join(GOOD.splitlines()[1:-1])))
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= data.draw(st.integers(1, 255))
    text = base64.encodebytes(bytes(body)).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"
    try:
        wanted = read_wanted(pem)
    except ValueError:
        return
    try:
        # Where another reader understands the changed bytes, it understands the same.
        known = x509.load_pem_x509_csr(pem.encode())
        names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound, x509.InvalidVersion):
        return
    assert wanted.dns == set(names.get_values_for_type(x509.DNSName))
    assert wanted.addresses == {str(one) for one in names.get_values_for_type(x509.IPAddress)}


@few
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        values = der.read_all(data)
    except der.DerError:
        return
    assert sum(len(value.content) for value in values) <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x05\x01",
        b"\x04\x81\x05hello",
        b"\x04\x82\x00\x85" + b"x" * 0x85,
        b"\x1f\x01\x00",
        b"\x04\x85\x00\x00\x00\x00\x01x",
    ],
)
def test_what_der_forbids_is_refused(data: bytes) -> None:
    with pytest.raises(der.DerError):
        der.read(data)


@pytest.mark.parametrize("data", [b"", b"\x04\x01a\x04\x01b"])
def test_one_value_is_one_value(data: bytes) -> None:
    with pytest.raises(der.DerError, match="where one belongs"):
        der.read(data)


def test_object_identifiers_are_read() -> None:
    value = der.read(bytes.fromhex("06092a864886f70d01090e"))
    assert value.identifier() == "1.2.840.113549.1.9.14"
    for broken in (b"\x06\x00", b"\x06\x01\x80", b"\x04\x01\x00"):
        with pytest.raises(der.DerError):
            der.read(broken).identifier()


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
    assert read_request(body).wanted is not None
    body["spec"]["request"] = "*"
    assert read_request(body).wanted is None
    assert read_request(body).username == "system:bootstrap:abcdef"
    del body["spec"]["username"], body["spec"]["groups"]
    assert read_request(body).groups == frozenset()
