"""The phases user and certificate, and the command renew."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.agent.etcd_member import PAIR, SECRET, put_secret
from support.agent.instance import aws, failed, member_instance
from support.controlplane.authority import Authority
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd import member
from tripod.bootstrap.agent.etcd.config import CA, CERTIFICATE, CLIENT_CAS, KEY


def test_etcds_user_is_made_once(tmp_path: Path) -> None:
    on = member_instance(tmp_path, id="", useradd="")
    assert member.make_user(on.agent) == "etcd is there"
    on.machine.replies["id"] = failed("no such user")
    assert member.make_user(on.agent) == "made etcd"
    (command,) = on.machine.ran("useradd")
    assert "--system" in command
    assert "nologin" in command


def test_a_member_trusts_members_as_peers_and_api_servers_as_clients(account: None, tmp_path: Path) -> None:
    put_secret()
    on = member_instance(tmp_path, chown="")
    assert member.issue_certificate(on.agent) == "signed the certificate of 0-0: there was none"
    assert on.machine.read(CA) == PAIR.certificate.decode()
    assert on.machine.read(CLIENT_CAS) == f"CLIENT CA\n{PAIR.certificate.decode()}"
    assert on.machine.ran("chown") == [f"chown etcd:etcd {on.machine.path(KEY)}"]
    assert "is valid until" in member.issue_certificate(on.agent)


def test_renewal_signs_when_it_is_time_and_touches_nothing_else(account: None, tmp_path: Path) -> None:
    put_secret()
    on = member_instance(tmp_path, chown="")
    member.issue_certificate(on.agent)
    before = {path: on.machine.read(path) for path in (CA, CLIENT_CAS, KEY, CERTIFICATE)}
    assert "is valid until" in member.renew(on.agent)
    assert {path: on.machine.read(path) for path in before} == before
    object.__setattr__(on.agent, "now", lambda: datetime.now(UTC) + timedelta(days=250))
    assert "two thirds" in member.renew(on.agent)
    changed = {path for path in before if on.machine.read(path) != before[path]}
    assert changed == {CERTIFICATE}
    assert not on.machine.ran("systemctl")


def test_renewal_refuses_another_authority(account: None, tmp_path: Path) -> None:
    put_secret()
    on = member_instance(tmp_path, chown="")
    member.issue_certificate(on.agent)
    other = Authority("etcd").pair
    secret = {"certificate": other.certificate.decode(), "private_key": other.key.decode()}
    aws("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps(secret))
    with pytest.raises(AgentError, match="is not the one that this member trusts: replace the members"):
        member.renew(on.agent)


def test_a_missing_secret_is_one_message(account: None, tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="the secret demo/0a1b2c3d/etcd-ca does not exist: `pulumi up` makes it"):
        member.issue_certificate(member_instance(tmp_path).agent)


@pytest.mark.parametrize("value", ["no JSON", "{}"])
def test_a_broken_secret_is_one_message(account: None, tmp_path: Path, value: str) -> None:
    put_secret(value)
    with pytest.raises(AgentError, match=r"the secret demo/0a1b2c3d/etcd-ca .*restore its last good version"):
        member.issue_certificate(member_instance(tmp_path).agent)
