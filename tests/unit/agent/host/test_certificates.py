from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import FakeHost
from support.controlplane.authority import Authority as MadeAuthority
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.host.certificates import (
    Authority,
    Leaf,
    Validity,
    authority_of,
    ensure_certificate,
    validity,
)

CERTIFICATE, KEY = "/etc/etcd/pki/member.crt", "/etc/etcd/pki/member.key"
LEAF = Leaf("0-0", ("10.0.192.16", "127.0.0.1"), ("0-0", "localhost"))
NOW = datetime.now(UTC)


def authority(name: str = "etcd") -> Authority:
    pair = MadeAuthority(name).pair
    return Authority(pair.certificate.decode(), pair.key.decode())


CA = authority()


@dataclass(frozen=True)
class Pair:
    """What stands on the instance."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def pair(machine: FakeHost) -> Pair:
    key = load_pem_private_key(machine.path(KEY).read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return Pair(x509.load_pem_x509_certificate(machine.path(CERTIFICATE).read_bytes()), key)


def ensure(machine: FakeHost, by: Authority = CA, leaf: Leaf = LEAF, now: datetime = NOW) -> str:
    return ensure_certificate(machine, by, leaf, certificate=CERTIFICATE, key=KEY, now=now)


@pytest.fixture
def machine(tmp_path: Path) -> FakeHost:
    """An instance with openssl."""
    return FakeHost(tmp_path)


def test_a_certificate_says_who_the_member_is_and_what_it_may_do(machine: FakeHost) -> None:
    assert ensure(machine) == "signed the certificate of 0-0: there was none"
    made = pair(machine).certificate
    assert made.subject.rfc4514_string() == "CN=0-0"
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.0.192.16"), ip_address("127.0.0.1")]
    assert names.get_values_for_type(x509.DNSName) == ["0-0", "localhost"]
    usages = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [Usage.SERVER_AUTH, Usage.CLIENT_AUTH]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    key_usage = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert key_usage.digital_signature
    assert not key_usage.key_cert_sign


def test_a_certificate_is_signed_by_the_authority_for_the_instances_own_key(machine: FakeHost) -> None:
    ensure(machine)
    made, ca = pair(machine), x509.load_pem_x509_certificate(CA.certificate.encode())
    made.certificate.verify_directly_issued_by(ca)
    assert made.certificate.public_key() == made.key.public_key()
    assert isinstance(made.key.curve, SECP256R1)
    of_ca = ca.extensions.get_extension_for_class
    assert made.certificate.serial_number.bit_length() > 100
    assert of_ca(x509.BasicConstraints).value.ca


def test_a_certificate_lives_a_year(machine: FakeHost) -> None:
    ensure(machine)
    made = pair(machine).certificate
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=365)
    assert abs(made.not_valid_before_utc - datetime.now(UTC)) < timedelta(minutes=1)
    assert validity(machine, CERTIFICATE) == Validity(made.not_valid_before_utc, made.not_valid_after_utc)


def test_a_client_may_have_no_names(machine: FakeHost) -> None:
    ensure(machine, leaf=Leaf("kube-apiserver-etcd-client", usages=("clientAuth",)))
    made = pair(machine).certificate
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert list(made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [Usage.CLIENT_AUTH]


def test_the_authoritys_key_is_given_on_standard_input_and_written_nowhere(machine: FakeHost) -> None:
    ensure(machine)
    assert machine.given == [CA.private_key]
    left = [file for file in machine.root.rglob("*") if file.is_file()]
    assert sorted(str(file.relative_to(machine.root)) for file in left) == [CERTIFICATE[1:], KEY[1:]]
    secret_lines = CA.private_key.splitlines()[1:-1]
    assert not [file for file in left if any(line in file.read_text() for line in secret_lines)]
    assert not [command for command in machine.commands if any(line in command for line in secret_lines)]
    assert CA.private_key not in repr(CA)


def test_the_members_key_is_its_own_alone(machine: FakeHost) -> None:
    ensure(machine)
    assert machine.path(KEY).stat().st_mode & 0o777 == 0o600
    assert machine.path(CERTIFICATE).stat().st_mode & 0o777 == 0o644


def test_after_two_thirds_of_its_lifetime_it_is_signed_again_for_the_same_key(
    machine: FakeHost,
) -> None:
    ensure(machine)
    first = pair(machine)
    assert ensure(machine).startswith("certificate of 0-0 is valid until 20")
    before = NOW + timedelta(days=365 * 2 / 3) - timedelta(hours=1)
    assert "is valid" in ensure(machine, now=before)
    assert pair(machine).certificate == first.certificate
    after = NOW + timedelta(days=365 * 2 / 3) + timedelta(hours=1)
    assert ensure(machine, now=after) == "signed the certificate of 0-0: two thirds of its life were over"
    second = pair(machine)
    assert second.certificate.serial_number != first.certificate.serial_number
    assert second.key.private_numbers() == first.key.private_numbers()
    assert "two thirds" in ensure(machine, now=NOW + timedelta(days=1000))


def test_one_that_another_authority_signed_is_signed_again(machine: FakeHost) -> None:
    ensure(machine)
    other = authority()
    assert ensure(machine, other) == "signed the certificate of 0-0: another authority had signed it"
    pair(machine).certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(other.certificate.encode()))


def test_a_lost_key_takes_its_certificate_along(machine: FakeHost) -> None:
    ensure(machine)
    machine.path(KEY).unlink()
    assert ensure(machine) == "signed the certificate of 0-0: there was none"
    made = pair(machine)
    assert made.certificate.public_key() == made.key.public_key()


def test_an_authority_whose_key_is_anothers_signs_nothing(machine: FakeHost) -> None:
    ensure(machine)
    first = pair(machine).certificate
    mixed = Authority(authority().certificate, CA.private_key)
    with pytest.raises(AgentError, match="openssl"):
        ensure(machine, mixed)
    assert pair(machine).certificate == first
    assert not list(machine.path("/run/tripod").iterdir())


@pytest.mark.parametrize("secret", [{}, {"certificate": "pem"}, {"certificate": 1, "private_key": "pem"}], ids=str)
def test_a_secret_that_is_no_authority_is_named(secret: dict[str, object]) -> None:
    with pytest.raises(AgentError, match="the secret demo/etcd-ca lacks certificate or private_key"):
        authority_of(secret, "demo/etcd-ca")
    assert authority_of({"certificate": "c", "private_key": "k"}, "x") == Authority("c", "k")


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(moments, st.timedeltas(timedelta(hours=1), timedelta(days=4000)), st.floats(-1, 3))
def test_due_is_what_has_a_third_of_its_lifetime_left_or_less(begin: datetime, life: timedelta, part: float) -> None:
    due = Validity(begin, begin + life).is_due(begin + life * part)
    assert due == (part >= 2 / 3) or abs(part - 2 / 3) < 1e-6
