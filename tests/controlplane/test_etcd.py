"""Three real etcd members with mutual TLS, and what becomes of writes when members fail."""

import ssl
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from support.controlplane.authority import Authority, Usage
from support.controlplane.etcd.client import Client, RefusedError
from support.controlplane.etcd.load import PREFIX, Load
from support.controlplane.etcd.members import EtcdCluster, Member
from support.controlplane.instances.instance import CommandError
from support.controlplane.network import Network


@pytest.fixture
def cluster(network: Network) -> EtcdCluster:
    """Three members that run."""
    made = network.etcd()
    made.start()
    return made


@pytest.mark.parametrize("victim", ["leader", "follower"])
def test_a_killed_member_costs_no_acknowledged_write(
    cluster: EtcdCluster, victim: str, measured: Callable[[str], None]
):
    with Load(cluster.addresses, cluster.members[0].credentials, victim) as load:
        load.wait_for_more(200)
        killed = cluster.leader() if victim == "leader" else cluster.followers()[0]
        moment = time.monotonic()
        killed.kill()
        load.wait_for_more(200)
    leader = cluster.leader()
    assert load.book.lost(leader.client().under(PREFIX)) == []
    pause = load.book.longest_pause(moment)
    # One to two seconds without a heartbeat, then an election, perhaps a second one; on a machine that does more.
    assert pause < 15
    measured(f"{victim} killed: no write for {pause:.2f} s, {len(load.book.acknowledged)} acknowledged, 0 lost")
    killed.start()
    killed.wait_healthy()
    assert load.book.lost(killed.client().under(PREFIX)) == []


def test_two_killed_members_stop_writes_until_one_returns(cluster: EtcdCluster, measured: Callable[[str], None]):
    with Load(cluster.addresses, cluster.members[0].credentials, "before") as load:
        load.wait_for_more(200)
    first, second, third = cluster.members
    first.kill()
    second.kill()
    with pytest.raises(RefusedError, match=r"no leader|timed out"):
        third.client(20).put("without/quorum", "no")
    with pytest.raises(CommandError, match="context deadline exceeded"):
        third.etcdctl("--command-timeout=2s", "get", f"{PREFIX}x")
    first.start()
    seconds = first.wait_healthy()
    measured(f"two killed: writes refused; one restarted: quorate after {seconds:.2f} s")
    assert load.book.lost(third.client().under(PREFIX)) == []
    third.client().put("with/quorum", "yes")
    second.start()
    second.wait_healthy()
    assert second.client().under("with/")["with/quorum"][0] == "yes"


def test_a_member_that_is_cut_off_acknowledges_nothing(cluster: EtcdCluster):
    leader = cluster.leader()
    with Load(cluster.addresses, leader.credentials, "cut") as load:
        load.wait_for_more(200)
        leader.instance.cut_off()
        with pytest.raises(CommandError, match=r"timed out|deadline exceeded"):
            leader.etcdctl("--command-timeout=3s", "put", "alone", "yes")
        load.wait_for_more(200)
        leader.instance.reconnect()
        leader.wait_healthy()
        load.wait_for_more(200)
    assert leader.client().under("alone") == {}
    for member in cluster.members:
        assert load.book.lost(member.client().under(PREFIX)) == []


def test_two_empty_members_that_start_as_new_forget_everything(cluster: EtcdCluster):
    """An empty member may not start as `new` once the cluster has data; losses are noticed here."""
    with Load(cluster.addresses, cluster.members[0].credentials, "forgotten") as load:
        load.wait_for_more(50)
    cluster.kill()
    first, second, _ = cluster.members
    for member in (first, second):
        member.wipe()
        member.start()
    first.wait_healthy()
    assert len(load.book.lost(first.client().under(PREFIX))) == len(load.book.acknowledged)


@pytest.mark.parametrize("who", ["of another authority", "expired", "a server", "without a certificate"])
def test_a_stranger_is_refused(network: Network, cluster: EtcdCluster, who: str):
    member = cluster.members[0]
    trusted = network.client_authority
    certificates = {
        "of another authority": Authority("etcd-clients").issue("root"),
        "expired": trusted.issue("root", validity=-timedelta(days=1)),
        "a server": trusted.issue("root", usages=[Usage.SERVER]),
    }
    if who in certificates:
        credentials = network.credentials("stranger", certificates[who])
        context = credentials.context()
        stranger = Member(member.instance, member.configuration, credentials)
        with pytest.raises(CommandError, match="context deadline exceeded"):
            stranger.etcdctl("--command-timeout=2s", "get", "x")
    else:
        context = ssl.create_default_context(cafile=str(member.credentials.authority))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client(member.address, context).put("stolen", "yes")
    assert member.client().under("stolen") == {}
    assert "rejected connection on client endpoint" in member.log_text()


def test_a_member_of_another_authority_is_refused(network: Network):
    cluster = network.etcd()
    *members, stranger = cluster.members
    stranger.configuration = network.member_configuration(stranger.instance.name, signed_by=Authority("etcd"))
    for member in cluster.members:
        member.start()
    for member in members:
        member.wait_healthy()
        what = "rejected connection on peer endpoint"
        member.wait_until(what, lambda what=what, member=member: what in member.log_text())
    with pytest.raises(OSError, match=r"503|refused|timed out"):
        stranger.healthy()  # without a quorum of its own it does not even answer
