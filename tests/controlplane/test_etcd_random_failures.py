"""Members killed again and again at random, under load: no acknowledged write may be lost."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from support.controlplane.etcd.load import PREFIX, Load
from support.controlplane.etcd.members import EtcdCluster, Member
from support.controlplane.instances.process import Process
from support.controlplane.network import Network

SEED = int(os.environ.get("TRIPOD_SEED", "20261120"))
"""The same failures in every run; another seed draws others."""

ROUNDS_OF_EACH_KIND = 4

REMEMBERED_ENTRIES = 200
"""A member that missed more has to be sent the whole database; by default it would be 10,000."""

FILLING_MEBIBYTES = 48
"""The size of the database, so that sending it takes long enough to be interrupted."""


@dataclass
class Failures:
    """A cluster under load, and the ways in which it is made to fail.

    Attributes:
        cluster: its members.
        load: the writes.
        chance: what victims and moments are drawn from.
        interrupted: how many snapshots of each kind were cut off in their middle.
    """

    cluster: EtcdCluster
    load: Load
    chance: random.Random
    interrupted: dict[str, int] = field(default_factory=dict[str, int])

    def kill_leader(self) -> None:
        self.cluster.leader().kill()

    def kill_follower(self) -> None:
        self.chance.choice(self.cluster.followers()).kill()

    def kill_two(self) -> None:
        for member in self.chance.sample(self.cluster.members, 2):
            member.kill()

    def kill_while_saving_a_snapshot(self) -> None:
        """Kill the member that `etcdctl snapshot save` reads from."""
        member = self.chance.choice(self.cluster.members)
        path = "/var/lib/saved.db"
        saving = Process(member.instance, "save", member.etcdctl_command("snapshot", "save", path))
        saving.start()
        member.wait_until("it is read", lambda: "sending database snapshot to client" in member.log_since_start())
        member.kill()
        # Without --command-timeout it waits for its member, for longer than half a minute.
        saving.kill()
        self._note("saved", not member.instance.path(path).exists())
        member.instance.path(path).unlink(missing_ok=True)

    def kill_while_receiving_a_snapshot(self) -> None:
        """Kill a member that is being sent the database since it was away for long."""
        _, member = self._send_a_snapshot()
        member.wait_until("a snapshot arrives", lambda: "receiving database snapshot" in member.log_since_start())
        member.kill()
        self._note("received", "received and saved database snapshot" not in member.log_since_start())

    def kill_while_sending_a_snapshot(self) -> None:
        """Kill the leader that sends the database to a member that was away."""
        leader, _ = self._send_a_snapshot()
        leader.kill()
        self._note("sent", "sent database snapshot" not in leader.log_since_start())

    def _send_a_snapshot(self) -> tuple[Member, Member]:
        """Have a member miss more than the others remember; who begins to send it the database, and itself."""
        leader = self._leader_that_forgets()
        member = self.chance.choice([one for one in self.cluster.members if one is not leader])
        member.kill()
        self.load.wait_for_more(3 * REMEMBERED_ENTRIES)
        member.start()
        leader.wait_until("a snapshot is sent", lambda: has_sent(leader))
        return leader, member

    def _leader_that_forgets(self) -> Member:
        """A leader that has sent no snapshot yet: for 30 seconds after one, etcd forgets no write."""
        # Writes that it misses while it restarts might have to be sent as a snapshot, and taint the next leader.
        with self.load.paused():
            while has_sent(leader := self.cluster.leader()):
                leader.stop()
                self.cluster.start()
        return leader

    def _note(self, kind: str, happened: bool) -> None:
        self.interrupted[kind] = self.interrupted.get(kind, 0) + happened


KINDS: dict[str, Callable[[Failures], None]] = {
    "leader": Failures.kill_leader,
    "follower": Failures.kill_follower,
    "two": Failures.kill_two,
    "saving": Failures.kill_while_saving_a_snapshot,
    "receiving": Failures.kill_while_receiving_a_snapshot,
    "sending": Failures.kill_while_sending_a_snapshot,
}


def test_no_acknowledged_write_is_lost(network: Network, measured: Callable[[str], None]):
    chance = random.Random(SEED)  # noqa: S311  repeatable, which is the point
    cluster = network.etcd(extra=[f"--snapshot-{limit}={REMEMBERED_ENTRIES}" for limit in ("count", "catchup-entries")])
    cluster.start()
    fill(cluster)
    kinds = list(KINDS) * ROUNDS_OF_EACH_KIND
    chance.shuffle(kinds)
    with Load(cluster.addresses, cluster.members[0].credentials, "random") as load:
        failures = Failures(cluster, load, chance)
        for kind in kinds:
            load.wait_for_more(chance.randrange(20, 300))
            KINDS[kind](failures)
            if sum(member.running for member in cluster.members) > 1 and chance.random() < 0.5:
                load.wait_for_more(chance.randrange(20, 300))
            cluster.start()
    for member in cluster.members:
        assert load.book.lost(member.client(60).under(PREFIX)) == []
    assert_equal(cluster)
    assert all(failures.interrupted.values()), failures.interrupted
    book = load.book
    measured(
        f"{len(kinds)} failures, seed {SEED}: {len(book.acknowledged)} writes acknowledged, 0 lost; "
        f"{book.refused} refused, {book.unknown} without answer; snapshots interrupted: {failures.interrupted}"
    )


def has_sent(leader: Member) -> bool:
    """True if a member has begun to send another its database since it was started."""
    return "sending merged snapshot" in leader.log_since_start()


def fill(cluster: EtcdCluster) -> None:
    """Make the database heavy."""
    client = cluster.leader().client()
    for number in range(FILLING_MEBIBYTES):
        client.put(f"filling/{number}", chr(ord("a") + number % 26) * 2**20)


def assert_equal(cluster: EtcdCluster) -> None:
    """See that all members hold the same history, by its hash."""
    revision = cluster.members[0].client().put("last", "write")
    for member in cluster.members:
        assert member.client().under("last")["last"][1] == revision  # linearizable: it has come this far
    hashes = {
        member.etcdctl("endpoint", "hashkv", f"--rev={revision}")[0]["HashKV"]["hash"] for member in cluster.members
    }
    assert len(hashes) == 1
