"""Rotating the encryption key: no Secret is ever without a server that can read it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.operations.rotating_cluster import FakeCluster, secret_of
from tripod.bootstrap.agent.control_plane.encryption_config import key_names
from tripod.operations.backup.keys import RetiredKey
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.rotate.plan import (
    Add,
    BackUp,
    Done,
    Drop,
    MakeFirst,
    Move,
    Reload,
    Rewrite,
    Rewritten,
    RotationState,
    description,
    goal_of,
    key_refusals,
    next_move,
    rotation_steps,
    servers_behind,
)
from tripod.operations.rotate.run import FIRST_VALUE, KeyStore
from tripod.operations.rotate.secret_value import changed_keys, config_hash, new_key, retired_keys, with_keys_back

ALL = Rewritten(5, 5, 0)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "move"),
    [
        (RotationState(("key-1",), "key-2", ()), Add("key-2")),
        (RotationState(("key-1", "key-2"), "key-2", ("i-1",)), Reload(("i-1",))),
        (RotationState(("key-1", "key-2"), "key-2", ()), MakeFirst("key-2")),
        (RotationState(("key-2", "key-1"), "key-2", ("i-1", "i-2")), Reload(("i-1", "i-2"))),
        (RotationState(("key-2", "key-1"), "key-2", ()), Rewrite()),
        (RotationState(("key-2", "key-1"), "key-2", (), Rewritten(5, 4, 0)), Rewrite()),
        (RotationState(("key-2", "key-1"), "key-2", (), Rewritten(5, 5, 1)), Rewrite()),
        (RotationState(("key-2", "key-1"), "key-2", (), ALL), BackUp()),
        (RotationState(("key-2", "key-1"), "key-2", (), None, True), Rewrite()),
        (RotationState(("key-2", "key-1"), "key-2", (), ALL, True), Drop(("key-1",))),
        (RotationState(("key-2", "key-1"), "key-2", (), ALL, True, ("key-0",)), Drop(("key-1",), ("key-0",))),
        (RotationState(("key-2", "key-1"), "key-2", ("i-3",), ALL), Reload(("i-3",))),
        (RotationState(("key-2",), "key-2", ("i-1",), ALL), Reload(("i-1",))),
        (RotationState(("key-2",), "key-2", (), ALL), Done()),
    ],
)
def test_what_is_done_follows_from_what_is_there(state: RotationState, move: Move) -> None:
    assert next_move(state) == move
    assert description(move, state.keys)


@pytest.mark.parametrize(
    ("keys", "goal"),
    [
        (("key-1",), "key-2"),
        (("key-9", "key-10"), "key-10"),
        (("key-3", "key-2", "key-1"), "key-3"),
        (("own",), "key-1"),
    ],
)
def test_an_interrupted_rotation_is_finished_before_another_begins(keys: tuple[str, ...], goal: str) -> None:
    assert goal_of(keys) == goal


def test_keys_of_unknown_age_are_refused() -> None:
    assert "own does not say whether it is old or new" in str(key_refusals(("own", "key-1"))[0])
    assert key_refusals(("key-2", "key-1")) == key_refusals(("own",)) == []


def test_a_compromise_asks_for_a_key_that_nobody_has_read_and_no_name_is_given_twice() -> None:
    assert goal_of(("key-2", "key-1"), compromised=True) == "key-3"
    assert goal_of(("key-2",), ("key-7",)) == "key-8"
    assert goal_of(("key-2", "key-1"), ("key-7",)) == "key-2"


def test_a_whole_rotation_in_six_moves() -> None:
    moves = [Add("key-2"), MakeFirst("key-2"), Rewrite(), BackUp(), Drop(("key-1",)), Done()]
    assert rotation_steps(("key-1",), "key-2") == moves
    assert rotation_steps(("key-1",), "key-2", ("key-1", "key-0"))[-2] == Drop(("key-1",), ("key-1", "key-0"))


def test_what_becomes_of_an_old_key_is_said() -> None:
    assert "keep key-1 in the secret, for older snapshots" in description(Drop(("key-1",)), ("key-2",))
    assert "keep" not in description(Drop(("key-1",), ("key-1",)), ("key-2",))
    assert "destroy key-0" in description(Drop(("key-1",), ("key-0",)), ("key-2",))


states = st.builds(
    RotationState,
    st.permutations(["key-1", "key-2", "key-3"]).flatmap(
        lambda keys: st.integers(1, 3).map(lambda count: tuple(keys[:count]))
    ),
    st.sampled_from(("key-1", "key-2", "key-3", "key-4")),
    st.lists(st.sampled_from(("i-1", "i-2")), max_size=2).map(tuple),
    st.none() | st.builds(Rewritten, st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)),
    st.booleans(),
)


@given(states)
def test_a_key_goes_only_after_a_counted_rewrite_that_all_servers_took_part_in(state: RotationState) -> None:
    move = next_move(state)
    if state.behind:
        assert move == Reload(state.behind)
    if isinstance(move, Drop):
        assert state.rewritten is not None
        assert state.rewritten.found == state.rewritten.written
        assert state.rewritten.others == 0
        assert state.backed_up
        assert state.keys[0] == state.goal
        assert state.goal not in move.names


def test_moves_change_the_secret_and_lose_no_key_but_those_dropped() -> None:
    value = secret_of("key-1")
    added = changed_keys(value, Add("key-2"), NOW)
    first = changed_keys(added, MakeFirst("key-2"), NOW)
    assert (key_names(added), key_names(first)) == (("key-1", "key-2"), ("key-2", "key-1"))
    assert added["keys"][0] == value["keys"][0] == first["keys"][1]
    assert changed_keys(first, Rewrite(), NOW) == first
    assert value == {"keys": value["keys"][:1]}


def test_a_dropped_key_is_kept_with_its_date_and_comes_back_to_decrypt() -> None:
    first = secret_of("key-2", "key-1")
    dropped = changed_keys(first, Drop(("key-1",)), NOW)
    assert dropped["retired"] == [{**first["keys"][1], "retired": "2026-11-20T12:00:00Z"}]
    assert retired_keys(dropped) == (RetiredKey("key-1", NOW),)
    # API servers do not get it.
    assert config_hash(dropped) == config_hash({"keys": first["keys"][:1]})
    back = with_keys_back(dropped, ["key-1"])
    assert (back["keys"], back["retired"]) == (first["keys"], [])
    again = changed_keys(back, Drop(("key-1",)), NOW.replace(day=21))
    assert retired_keys(again) == (RetiredKey("key-1", NOW.replace(day=21)),)
    assert changed_keys(dropped, Drop((), ("key-1",)), NOW)["retired"] == []


@pytest.mark.parametrize(
    "entry", [{"name": "key-1"}, {"name": "key-1", "secret": new_key()}, {"secret": "x", "retired": "2026"}, 7]
)
def test_a_retired_key_that_cannot_be_used_is_named_before_anything_changes(entry: Any) -> None:
    with pytest.raises(OperationError, match=r"unusable retired keys .*last good version"):
        retired_keys({"keys": [], "retired": [entry]})


def test_a_server_is_behind_unless_its_metric_shows_this_very_configuration() -> None:
    first, other = (config_hash(secret_of("key-1")) for _ in range(2))
    assert first != other
    loaded = {"i-1": first, "i-2": f"sha256:{first}", "i-3": other, "i-4": None, "i-5": ""}
    assert servers_behind(first, loaded) == ("i-3", "i-4", "i-5")


def test_a_rotation_ends_with_one_new_key_and_everything_readable() -> None:
    cluster = FakeCluster(secret_of("key-1"))
    assert cluster.rotate() == ("key-2",)
    assert cluster.history == [("key-1", "key-2"), ("key-2", "key-1"), ("key-2",)]
    assert cluster.stored == ["key-2"] * 5
    assert cluster.readable()
    assert cluster.rotate() == ("key-3",)
    # The engine's own version keeps a label: AWS would remove it, and the engine would write it anew.
    assert cluster.labels == {FIRST_VALUE: "v1"}


@pytest.mark.parametrize(
    ("changes", "stop_backup", "compromised"),
    [
        *((0, False, False), (1, False, False), (2, True, False), (2, False, False)),
        *((0, False, True), (1, False, True), (2, True, True), (2, False, True), (3, False, True)),
    ],
)
def test_wherever_it_is_interrupted_the_same_command_goes_on(
    changes: int, stop_backup: bool, compromised: bool
) -> None:
    cluster = FakeCluster(secret_of("key-1"), stop_after=changes, stop_backup=stop_backup)
    with pytest.raises(KeyboardInterrupt):
        cluster.rotate(compromised=compromised)
    assert cluster.readable()
    cluster.stop_after, cluster.stop_backup = 99, False
    (last,) = cluster.rotate(compromised=compromised)
    assert cluster.stored == [last] * 5
    assert cluster.backups[-1] == (last,)
    assert cluster.retired() == ([] if compromised else ["key-1"])
    # After a compromise, what was made while somebody read the secret is no goal.
    assert compromised or last == "key-2"


def test_an_old_key_stays_until_no_snapshot_needs_it() -> None:
    cluster = FakeCluster(secret_of("key-1"))
    cluster.rotate()
    assert (cluster.backups, cluster.retired()) == ([("key-2",)], ["key-1"])
    cluster.rotate()
    assert cluster.retired() == ["key-1", "key-2"]
    cluster.gone = ("key-1",)
    cluster.rotate()
    assert cluster.retired() == ["key-2", "key-3"]


def test_a_compromise_leaves_one_key_and_no_trace_of_the_others_in_the_value_before() -> None:
    cluster = FakeCluster(secret_of("key-1"))
    cluster.rotate()
    before = len(cluster.history)
    assert cluster.rotate(compromised=True) == ("key-3",)
    assert cluster.retired() == []
    # Secrets Manager keeps the value before the present one: it is written twice.
    assert cluster.history[before:][-2:] == [("key-3",), ("key-3",)]


def test_a_backup_that_needs_an_old_key_drops_nothing() -> None:
    cluster = FakeCluster(secret_of("key-1"), late=("key-1",))
    with pytest.raises(OperationError, match="backup needs key-1, key-2 still: no key was dropped"):
        cluster.rotate()
    assert cluster.history[-1] == ("key-2", "key-1")


def test_a_server_that_does_not_reload_stops_everything() -> None:
    cluster = FakeCluster(secret_of("key-1"), deaf=frozenset({"i-2"}))
    with pytest.raises(OperationError, match=r"i-2 not yet.*No key was dropped"):
        cluster.rotate()
    assert cluster.history == [("key-1", "key-2")]
    assert cluster.stored == ["key-1"] * 5


@pytest.mark.parametrize(
    "counts", [{"found": 5, "written": 4, "others": 0}, {"found": 5, "written": 5, "others": 1}, {"found": 5}, {"x": 1}]
)
def test_a_rewrite_that_does_not_count_up_drops_nothing(counts: Mapping[str, Any]) -> None:
    cluster = FakeCluster(secret_of("key-1"), counts=counts)
    with pytest.raises(OperationError, match="no key was dropped"):
        cluster.rotate()
    assert cluster.history[-1] == ("key-2", "key-1")


def test_two_who_rotate_at_once_do_not_both_change_the_secret() -> None:
    cluster = FakeCluster(secret_of("key-1"))
    vault = KeyStore(cluster, "s")
    seen = vault.read()
    vault.write(seen, changed_keys(seen.value, Add("key-2"), NOW))
    with pytest.raises(OperationError, match="another run rotates s"):
        vault.write(seen, changed_keys(seen.value, Add("key-2"), NOW))


def test_a_secret_that_cannot_be_used_is_left_alone() -> None:
    with pytest.raises(OperationError, match="holds no list of keys"):
        FakeCluster({"keys": []}, loaded={"i-1": {}, "i-2": {}}).rotate()
    with pytest.raises(RefusedError, match="own"):
        FakeCluster(secret_of("own", "key-1")).rotate()
