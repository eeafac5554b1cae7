"""The boot agent's phases on real etcd: members form a cluster, come back, are replaced, and grow in number."""

import json
import ssl
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest

from support.agent.instance import DOCUMENT, PAYLOAD_BUCKET, REGION, SESSION, aws, emulated, put_topology
from support.controlplane.etcd_agent import BootedMember, form, id_of, keys, put, voters
from support.controlplane.network import MEMBERS, Network
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd import etcdctl
from tripod.bootstrap.agent.etcd.member import renew

PARAMETER = DOCUMENT.initialised_parameter
FIVE = {**MEMBERS, "etcd-3": MEMBERS["etcd-0"] + 1, "etcd-4": MEMBERS["etcd-1"] + 1}

Launch = Callable[[str], BootedMember]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, network: Network) -> Generator[None]:
    """An emulated account, in which the network's authority is the cluster's."""
    with emulated():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", SESSION)
        # Members that are down are asked often here.
        monkeypatch.setattr(etcdctl, "SECONDS", 2)
        aws("s3").create_bucket(Bucket=PAYLOAD_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        pair = network.etcd_authority.pair
        secret = {"certificate": pair.certificate.decode(), "private_key": pair.key.decode()}
        aws("secretsmanager").create_secret(Name=DOCUMENT.secrets.etcd_ca, SecretString=json.dumps(secret))
        put_topology({name: str(address) for name, address in MEMBERS.items()})
        yield


@pytest.fixture
def launch(account: None, network: Network, programs: Path, tmp_path: Path) -> Generator[Launch]:
    """Launch the first instance of a member of five."""
    made: list[BootedMember] = []

    def launched(name: str) -> BootedMember:
        made.append(BootedMember(network, programs, tmp_path, name, FIVE[name]))
        return made[-1]

    yield launched
    for member in made:
        member.instance.terminate()


@pytest.fixture
def members(launch: Launch) -> list[BootedMember]:
    """Three members whose instances have been launched."""
    return [launch(name) for name in MEMBERS]


@pytest.fixture
def formed(members: list[BootedMember]) -> list[BootedMember]:
    """Three members that have formed a cluster."""
    form(members)
    return members


def test_members_form_one_cluster_write_it_down_once_and_restart_with_their_data(members: list[BootedMember]) -> None:
    form(members)
    first = members[0]
    assert voters(first) == list(MEMBERS)
    assert json.loads(aws("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"])["incarnation"] == "0a1b2c3d"
    assert aws("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Version"] == 1
    put(first, "kept")
    own, config = id_of(first), first.host.read("/etc/etcd/etcd.json")
    # The instance reboots: nothing is changed.
    first.etcd.kill()
    first.boot()
    assert (id_of(first), first.host.read("/etc/etcd/etcd.json")) == (own, config)
    # The instance is replaced.
    first.replace()
    first.boot()
    assert (id_of(first), keys(first)) == (own, 1)
    assert any("starts with its data" in line for line in first.lines)


def test_a_member_that_is_late_for_the_first_boot_comes_as_a_learner(members: list[BootedMember]) -> None:
    first, second, third = members
    form([first, second])
    put(first, "written without the third")
    third.boot()
    assert voters(first) == list(MEMBERS)
    assert keys(third) == 1


def test_a_member_that_lost_its_volume_comes_back_through_a_learner(
    formed: list[BootedMember], measured: Callable[[str], None]
) -> None:
    first, _, third = formed
    put(first, "before")
    old = id_of(third)
    third.lose_volume()
    put(first, "while it is away")
    begun = datetime.now(UTC)
    third.boot()
    measured(f"blank volume: a voting member again after {(datetime.now(UTC) - begun).total_seconds():.1f} s")
    assert voters(first) == list(MEMBERS)
    assert id_of(third) != old
    assert keys(third) == 2
    assert any("as a learner" in line for line in third.lines)


def test_a_replacement_that_is_interrupted_goes_on(formed: list[BootedMember]) -> None:
    first, _, third = formed
    third.lose_volume()
    third.boot("certificate", "membership")
    # It has been added, and its instance fails before etcd has started.
    third.replace()
    third.boot("certificate", "membership", "start")
    # It learns, and its instance fails before it was promoted.
    third.replace()
    third.boot()
    assert voters(first) == list(MEMBERS)


def test_a_cluster_grows_by_one_learner_at_a_time(formed: list[BootedMember], launch: Launch) -> None:
    put(formed[0], "before")
    put_topology({name: str(address) for name, address in FIVE.items()})
    fourth, fifth = launch("etcd-3"), launch("etcd-4")
    fourth.boot("certificate", "membership", "start")
    with pytest.raises(AgentError, match=r"membership: .* is a learner, and there is one at a time"):
        fifth.boot("certificate", "membership", seconds=3)
    fourth.boot()
    fifth.boot()
    assert voters(formed[0]) == list(FIVE)
    assert keys(fifth) == 1


def test_without_a_majority_a_blank_member_waits_and_says_what_to_do(formed: list[BootedMember]) -> None:
    first, second, third = formed
    first.etcd.kill()
    third.lose_volume()
    with pytest.raises(AgentError, match=r"no majority: start the other members.*restore a snapshot"):
        third.boot(seconds=3)
    second.etcd.kill()
    with pytest.raises(AgentError, match=r"no other member answers: start the other members.*restore a snapshot"):
        third.boot(seconds=3)
    assert not third.volume.formatted
    first.etcd.start()
    second.etcd.start()
    third.boot()
    assert voters(first) == list(MEMBERS)


def test_a_volume_of_another_incarnation_is_left_alone(formed: list[BootedMember]) -> None:
    third = formed[2]
    marker = third.volume.folder / "tripod.json"
    third.replace()
    marker.write_text(marker.read_text().replace("0a1b2c3d", "ffffffff"))
    with pytest.raises(AgentError, match="data of member etcd-2 of incarnation ffffffff"):
        third.boot()


def test_a_removed_member_does_not_come_back_with_its_old_data(formed: list[BootedMember]) -> None:
    first, _, third = formed
    old = id_of(third)
    third.replace()
    first.etcdctl("member", "remove", f"{old:x}")
    with pytest.raises(AgentError, match="the cluster has removed member etcd-2"):
        third.boot()
    assert voters(first) == ["etcd-0", "etcd-1"]


def test_a_running_cluster_is_left_alone_renewed_and_closed_to_strangers(
    formed: list[BootedMember], network: Network
) -> None:
    a_boot_that_is_repeated_changes_nothing(formed[0])
    a_renewed_certificate_is_shown_without_a_restart(formed[0])
    who_has_no_certificate_gets_metrics_alone(formed[0], network)


def a_boot_that_is_repeated_changes_nothing(member: BootedMember) -> None:
    process, started = member.etcd, id_of(member)
    member.boot()
    assert member.etcd is process
    assert process.running
    assert id_of(member) == started


def a_renewed_certificate_is_shown_without_a_restart(member: BootedMember) -> None:
    process, before = member.etcd, ssl.get_server_certificate((str(member.address), 2379))
    assert "is valid until" in renew(member.agent())
    later = datetime.now(UTC) + timedelta(days=300)
    assert "two thirds of its life were over" in renew(member.agent(now=lambda: later))
    assert ssl.get_server_certificate((str(member.address), 2379)) != before
    assert ssl.get_server_certificate((str(member.address), 2380)) != before
    assert process.running
    put(member, "after")


def who_has_no_certificate_gets_metrics_alone(member: BootedMember, network: Network) -> None:
    address = str(member.address)
    with urlopen(f"http://{address}:2381/metrics", timeout=5) as answer:
        assert b"etcd_server_has_leader 1" in answer.read()
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"http://{address}:2381/v3/kv/range", data=b"{}", timeout=5)
    context = ssl.create_default_context(cafile=str(network.credentials("nobody").authority))
    for port in (2379, 2380):
        with pytest.raises(OSError, match=r"alert|EOF|required|disconnect|reset"):
            urlopen(f"https://{address}:{port}/version", timeout=5, context=context)
    # kubeadm asks for it before it starts an API server.
    with urlopen(f"https://{address}:2379/version", timeout=5, context=network.credentials("api").context()) as answer:
        assert json.loads(answer.read())["etcdserver"].startswith("3.")
