"""Rotation of the key that encrypts Secrets in etcd: a state machine whose state is read, not stored.

A new key is added behind the old one; when every API server has loaded it, it is put first; when every server encrypts
with it, all Secrets are rewritten and counted; only then the old key goes. What is stored never lacks a reader. Nothing
is written down of how far a rotation is: the list of keys and the servers' own metrics say it.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tripod.bootstrap.agent.control_plane.encryption_config import KEY_BYTES, encryption_config
from tripod.core.json_types import JsonMapping, JsonObject
from tripod.operations.errors import Refusal

Keys = tuple[str, ...]
"""Names of keys, the one that encrypts first."""

_NAME = re.compile(r"key-([1-9]\d*)")


@dataclass(frozen=True)
class Add:
    """Add a key behind those that there are: every server can read what it will encrypt."""

    name: str


@dataclass(frozen=True)
class MakeFirst:
    """Have a key encrypt."""

    name: str


@dataclass(frozen=True)
class Reload:
    """Wait until these servers have loaded the keys."""

    servers: tuple[str, ...]


@dataclass(frozen=True)
class Rewrite:
    """Write every Secret anew, and count."""


@dataclass(frozen=True)
class Drop:
    """Forget all keys but the first."""

    names: Keys


@dataclass(frozen=True)
class Done:
    """Nothing is left to do."""


Move = Add | MakeFirst | Reload | Rewrite | Drop | Done


@dataclass(frozen=True)
class Rewritten:
    """Counts of a rewrite.

    Attributes:
        found: the number of Secrets.
        written: the number of them that were written anew, by the rewrite or by another writer meanwhile.
        others: the number of them in etcd that another key than the first encrypts, after the rewrite.
    """

    found: int
    written: int
    others: int

    @property
    def whole(self) -> bool:
        """True if no Secret needs an old key any more."""
        return self.found == self.written and self.others == 0


@dataclass(frozen=True)
class RotationState:
    """State of a rotation.

    Attributes:
        keys: the keys in the secret.
        goal: the key that is to be the only one.
        behind: the servers that have not loaded those keys, as their metrics say, or that do not answer.
        rewritten: the counts since the goal is first everywhere, of this very run; None before.
    """

    keys: Keys
    goal: str
    behind: tuple[str, ...]
    rewritten: Rewritten | None = None


def next_move(state: RotationState) -> Move:
    """The next move.

    The order of these questions is what keeps Secrets readable: no key is moved or dropped before every server has
    loaded what was decided before.
    """
    if state.behind:
        return Reload(state.behind)
    if state.goal not in state.keys:
        return Add(state.goal)
    if state.keys[0] != state.goal:
        return MakeFirst(state.goal)
    if len(state.keys) == 1:
        return Done()
    # No record says whether an earlier run has rewritten them. Doing it again does no harm.
    if state.rewritten is None or not state.rewritten.whole:
        return Rewrite()
    return Drop(state.keys[1:])


def goal_of(keys: Keys) -> str:
    """The key that a rotation is for: that of one which was interrupted, else a new one."""
    newest = max(keys, key=_number)
    return newest if len(keys) > 1 else f"key-{_number(newest) + 1}"


def _number(name: str) -> int:
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else 0


def key_refusals(keys: Keys) -> list[Refusal]:
    """Refuse keys whose order is unknown."""
    unknown = [name for name in keys if not _NAME.fullmatch(name)]
    if len(keys) > 1 and unknown:
        return [
            Refusal(
                "the encryption secret",
                f"has keys {', '.join(keys)}: {', '.join(unknown)} does not say whether it is old or new",
                "a key is called key-1, key-2 and so on: restore the secret's last good version",
            )
        ]
    return []


def changed_keys(value: JsonMapping, move: Move, make: Callable[[], str] | None = None) -> JsonObject:
    """The secret's value after a move.

    Args:
        value: its value before.
        move: Add, MakeFirst or Drop; others change nothing.
        make: makes a key; by default a random one.
    """
    keys: list[dict[str, str]] = list(value["keys"])
    match move:
        case Add(name):
            keys = [*keys, {"name": name, "secret": (make or new_key)()}]
        case MakeFirst(name):
            keys = sorted(keys, key=lambda key: key["name"] != name)
        case Drop(names):
            keys = [key for key in keys if key["name"] not in names]
        case _:
            pass
    return {**value, "keys": keys}


def new_key() -> str:
    """A random key."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def config_hash(value: JsonMapping) -> str:
    """The configuration hash in an API server's metric, once it has loaded these keys.

    Raises:
        AgentError: the secret holds no usable list of keys.
    """
    return hashlib.sha256(encryption_config(value).encode()).hexdigest()


def servers_behind(expected: str, loaded: Mapping[str, str | None]) -> tuple[str, ...]:
    """The servers that have loaded other keys, or did not answer.

    Args:
        expected: the hash of the configuration that they are to have.
        loaded: server → the hash that its metric shows.
    """
    return tuple(
        server for server, hash_ in sorted(loaded.items()) if (hash_ or "").removeprefix("sha256:") != expected
    )


def description(move: Move, keys: Sequence[str]) -> str:
    """A sentence on a move."""
    match move:
        case Add(name):
            return f"add {name} behind {', '.join(keys)}: every API server learns to read it before anything uses it"
        case MakeFirst(name):
            return f"put {name} first: new Secrets are encrypted with it"
        case Reload(servers):
            return f"wait until {', '.join(servers)} {'has' if len(servers) == 1 else 'have'} loaded {', '.join(keys)}"
        case Rewrite():
            return "write every Secret anew, and count those that still need an old key"
        case Drop(names):
            return f"drop {', '.join(names)}, which nothing needs any more"
        case Done():
            return f"{keys[0]} is the only key"


def rotation_steps(keys: Keys, goal: str) -> list[Move]:
    """Every move from here to the end, where nothing goes wrong; waits for servers lie between them."""
    moves: list[Move] = []
    state = RotationState(keys, goal, ())
    while not moves or not isinstance(moves[-1], Done):
        move = next_move(state)
        moves.append(move)
        match move:
            case Add(name):
                state = RotationState((*state.keys, name), goal, ())
            case MakeFirst(name):
                state = RotationState((name, *(key for key in state.keys if key != name)), goal, ())
            case Rewrite():
                state = RotationState(state.keys, goal, (), Rewritten(0, 0, 0))
            case _:
                state = RotationState((goal,), goal, ())
    return moves


def descriptions(keys: Keys, goal: str) -> list[str]:
    """Sentences on all moves of a rotation."""
    return [description(move, (goal,) if isinstance(move, Done) else keys) for move in rotation_steps(keys, goal)]
