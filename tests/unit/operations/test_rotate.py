"""Rotating the encryption key: no Secret is ever without a server that can read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from support.agent.clock import Clock
from support.operations.answering_agents import AnsweringAgents
from tripod.bootstrap.agent.control_plane.encryption_config import key_names
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.rotate.plan import (
    Add,
    Done,
    Drop,
    MakeFirst,
    Move,
    Reload,
    Rewrite,
    Rewritten,
    RotationState,
    changed_keys,
    config_hash,
    description,
    goal_of,
    key_refusals,
    new_key,
    next_move,
    rotation_steps,
    servers_behind,
)
from tripod.operations.rotate.run import FIRST_VALUE, KeyStore, Rotator

ALL = Rewritten(5, 5, 0)


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
        (RotationState(("key-2", "key-1"), "key-2", (), ALL), Drop(("key-1",))),
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


def test_a_whole_rotation_in_five_moves() -> None:
    moves = [Add("key-2"), MakeFirst("key-2"), Rewrite(), Drop(("key-1",)), Done()]
    assert rotation_steps(("key-1",), "key-2") == moves


states = st.builds(
    RotationState,
    st.permutations(["key-1", "key-2", "key-3"]).flatmap(
        lambda keys: st.integers(1, 3).map(lambda count: tuple(keys[:count]))
    ),
    st.sampled_from(("key-1", "key-2", "key-3", "key-4")),
    st.lists(st.sampled_from(("i-1", "i-2")), max_size=2).map(tuple),
    st.none() | st.builds(Rewritten, st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)),
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
        assert state.keys[0] == state.goal
        assert state.goal not in move.names


def secret_of(*names: str) -> dict[str, Any]:
    return {"keys": [{"name": name, "secret": new_key()} for name in names]}


def test_moves_change_the_secret_and_lose_no_key_but_those_dropped() -> None:
    value = secret_of("key-1")
    added = changed_keys(value, Add("key-2"))
    first = changed_keys(added, MakeFirst("key-2"))
    assert (key_names(added), key_names(first)) == (("key-1", "key-2"), ("key-2", "key-1"))
    assert added["keys"][0] == value["keys"][0] == first["keys"][1]
    assert key_names(changed_keys(first, Drop(("key-1",)))) == ("key-2",)
    assert changed_keys(first, Rewrite()) == first
    assert value == {"keys": value["keys"][:1]}


def test_a_server_is_behind_unless_its_metric_shows_this_very_configuration() -> None:
    first, other = (config_hash(secret_of("key-1")) for _ in range(2))
    assert first != other
    loaded = {"i-1": first, "i-2": f"sha256:{first}", "i-3": other, "i-4": None, "i-5": ""}
    assert servers_behind(first, loaded) == ("i-3", "i-4", "i-5")


@dataclass
class FakeCluster(AnsweringAgents):
    """A secret, API servers that load it when they are told to, and Secrets that are encrypted with some key.

    Attributes:
        value: the encryption secret.
        deaf: servers that load nothing.
        stop_after: how many changes of the secret succeed.
        counts: what a rewrite answers instead of the truth.
    """

    value: dict[str, Any]
    deaf: frozenset[str] = frozenset()
    stop_after: int = 99
    counts: Mapping[str, Any] | None = None
    version: int = 1
    loaded: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    stored: list[str] = field(default_factory=lambda: ["key-1"] * 5)
    history: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    tokens: list[str] = field(default_factory=list[str])
    labels: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        for server in self.servers():
            self.loaded.setdefault(server, self.value)

    def servers(self) -> list[str]:
        return ["i-1", "i-2"]

    def readable(self) -> bool:
        return all(set(self.stored) <= set(key_names(value)) for value in self.loaded.values())

    def get_secret_value(self, **_: Any) -> dict[str, Any]:
        return {"SecretString": json.dumps(self.value), "VersionId": f"v{self.version}"}

    def describe_secret(self, **_: Any) -> dict[str, Any]:
        return {"VersionIdsToStages": {version: [label] for label, version in self.labels.items()}}

    def update_secret_version_stage(self, *, VersionStage: str, MoveToVersionId: str, **_: Any) -> None:  # noqa: N803
        self.labels[VersionStage] = MoveToVersionId

    def put_secret_value(self, *, SecretString: str, ClientRequestToken: str, **_: Any) -> None:  # noqa: N803
        if self.stop_after <= 0:
            raise KeyboardInterrupt
        if ClientRequestToken in self.tokens:
            raise ClientError({"Error": {"Code": "ResourceExistsException", "Message": "x"}}, "PutSecretValue")
        self.stop_after -= 1
        self.tokens.append(ClientRequestToken)
        self.value, self.version = json.loads(SecretString), self.version + 1
        self.history.append(key_names(self.value))
        # What every server still has must read what any other may write from now on.
        written = {key_names(value)[0] for value in [*self.loaded.values(), self.value]}
        for value in self.loaded.values():
            assert written <= set(key_names(value))

    def answer(self, instance: str, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = {}
        if command == "encryption-status":
            answer = {"loaded": f"sha256:{config_hash(self.loaded[instance])}"}
        if command == "refresh-encryption" and instance not in self.deaf:
            self.loaded[instance] = self.value
        if command == "rewrite-secrets":
            first = key_names(self.loaded[instance])[0]
            self.stored = [first] * len(self.stored)
            answer = self.counts or {"found": 5, "written": 5, "others": 0}
            assert arguments == {"key": first}
        assert self.readable()
        return answer

    def rotate(self) -> tuple[str, ...]:
        vault = KeyStore(self, "prod/1/encryption")
        return Rotator(vault, self, self.servers, Clock().patience(), lambda _: None).rotate()


def test_a_rotation_ends_with_one_new_key_and_everything_readable() -> None:
    cluster = FakeCluster(secret_of("key-1"))
    assert cluster.rotate() == ("key-2",)
    assert cluster.history == [("key-1", "key-2"), ("key-2", "key-1"), ("key-2",)]
    assert cluster.stored == ["key-2"] * 5
    assert cluster.readable()
    assert cluster.rotate() == ("key-3",)
    # The engine's own version keeps a label: AWS would remove it, and the engine would write it anew.
    assert cluster.labels == {FIRST_VALUE: "v1"}


@given(st.integers(0, 2))
def test_wherever_it_is_interrupted_the_same_command_goes_on(changes: int) -> None:
    cluster = FakeCluster(secret_of("key-1"), stop_after=changes)
    with pytest.raises(KeyboardInterrupt):
        cluster.rotate()
    assert cluster.readable()
    cluster.stop_after = 99
    assert cluster.rotate() == ("key-2",)
    assert cluster.stored == ["key-2"] * 5


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
    vault.write(seen, changed_keys(seen.value, Add("key-2")))
    with pytest.raises(OperationError, match="another run rotates s"):
        vault.write(seen, changed_keys(seen.value, Add("key-2")))


def test_a_secret_that_cannot_be_used_is_left_alone() -> None:
    with pytest.raises(OperationError, match="holds no list of keys"):
        FakeCluster({"keys": []}, loaded={"i-1": {}, "i-2": {}}).rotate()
    with pytest.raises(RefusedError, match="own"):
        FakeCluster(secret_of("own", "key-1")).rotate()
