"""Rotation of the key that encrypts Secrets in etcd: a state machine whose state is read, not stored.

A new key is added behind the old one; when every API server has loaded it, it is put first; when every server encrypts
with it, all Secrets are rewritten and counted, and a backup is taken that needs the new key alone; only then the old
key goes. What is stored never lacks a reader. Nothing is written down of how far a rotation is: the list of keys and
the servers' own metrics say it.

A key that goes leaves the API servers' configuration and stays in the secret, under `retired`, as long as a snapshot
needs it. A compromised one does not, nor do those beside it: who has read one has read all of the secret.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
class BackUp:
    """Take a snapshot that the new key alone decrypts."""


@dataclass(frozen=True)
class Drop:
    """Take all keys but the first from the API servers.

    Attributes:
        names: those keys.
        destroyed: the keys, of those and of the retired, that the secret loses too.
    """

    names: Keys
    destroyed: Keys = ()


@dataclass(frozen=True)
class Done:
    """Nothing is left to do."""


Move = Add | MakeFirst | Reload | Rewrite | BackUp | Drop | Done


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
        backed_up: true if a snapshot was taken since that rewrite.
        destroyed: the keys that the secret is to lose with the drop.
    """

    keys: Keys
    goal: str
    behind: tuple[str, ...]
    rewritten: Rewritten | None = None
    backed_up: bool = False
    destroyed: Keys = ()


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
    # Before the drop: interrupted after it, nothing would say that the backup is due.
    if not state.backed_up:
        return BackUp()
    return Drop(state.keys[1:], state.destroyed)


def goal_of(keys: Keys, retired: Keys = (), *, compromised: bool = False) -> str:
    """The key that a rotation is for: that of one which was interrupted, else a new one.

    Args:
        keys: the keys in use.
        retired: the retired keys, whose names are not given again.
        compromised: if true, a key that is there already is not good enough.
    """
    newest = max(keys, key=_number)
    if len(keys) > 1 and not compromised:
        return newest
    return f"key-{max(_number(name) for name in (*keys, *retired)) + 1}"


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
        case BackUp():
            return "take a backup, which needs no old key"
        case Drop(names, destroyed):
            kept = [name for name in names if name not in destroyed]
            said = [
                f"drop {', '.join(names)}, which no Secret needs any more",
                *([f"keep {', '.join(kept)} in the secret, for older snapshots"] if kept else []),
                *([f"destroy {', '.join(destroyed)}"] if destroyed else []),
            ]
            return "; ".join(said)
        case Done():
            return f"{keys[0]} is the only key"


def rotation_steps(keys: Keys, goal: str, destroyed: Keys = ()) -> list[Move]:
    """Every move from here to the end, where nothing goes wrong; waits for servers lie between them."""
    moves: list[Move] = []
    state = RotationState(keys, goal, (), destroyed=destroyed)
    while not moves or not isinstance(moves[-1], Done):
        move = next_move(state)
        moves.append(move)
        match move:
            case Add(name):
                state = replace(state, keys=(*state.keys, name))
            case MakeFirst(name):
                state = replace(state, keys=(name, *(key for key in state.keys if key != name)))
            case Rewrite():
                state = replace(state, rewritten=Rewritten(0, 0, 0))
            case BackUp():
                state = replace(state, backed_up=True)
            case _:
                state = replace(state, keys=(goal,))
    return moves


def descriptions(keys: Keys, goal: str, destroyed: Keys = ()) -> list[str]:
    """Sentences on all moves of a rotation."""
    moves = rotation_steps(keys, goal, destroyed)
    return [description(move, (goal,) if isinstance(move, Done) else keys) for move in moves]
