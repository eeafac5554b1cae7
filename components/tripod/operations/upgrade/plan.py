"""Plan of a Kubernetes upgrade: the keys to change and the commands to run, in order.

One minor at a time; etcd before the control plane, the control plane before workers; at every moment the versions that
run side by side are supported in combination.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tripod.operations.errors import Refusal, RefusedError
from tripod.supply.binaries import download_url, etcd_binaries, node_binaries
from tripod.supply.pins import Digests, known_digests
from tripod.supply.versions import ETCD_FOR_KUBERNETES, KUBELET_SKEW, OLDEST_ETCD_PATCH, Version, parse_version

KUBERNETES_KEY, WORKERS_KEY, ETCD_KEY = "versions.kubernetes", "versions.workers", "versions.etcd"


@dataclass(frozen=True)
class Versions:
    """The versions of a stack file.

    Attributes:
        kubernetes: the control plane's.
        workers: the workers' kubelet's.
        etcd: etcd's.
    """

    kubernetes: str
    workers: str
    etcd: str


@dataclass(frozen=True)
class RunningVersions:
    """The versions that instances run; empty for a role without answers.

    Attributes:
        kubernetes: the control-plane nodes'.
        workers: the workers'.
        etcd: the members'.
    """

    kubernetes: frozenset[str] = frozenset()
    workers: frozenset[str] = frozenset()
    etcd: frozenset[str] = frozenset()


@dataclass(frozen=True)
class UpgradeStep:
    """One step.

    Attributes:
        does: its description.
        why: the reason for its place in the order.
        keys: changes to the stack file: key → value; empty if only a roll is to be finished.
        commands: the commands to run then.
        after: the stack file's versions after it.
    """

    does: str
    why: str
    keys: Mapping[str, str]
    commands: tuple[str, ...]
    after: Versions


@dataclass(frozen=True)
class _Draft:
    """Steps in the making."""

    stack: str
    now: Versions
    steps: tuple[UpgradeStep, ...] = field(default_factory=tuple)

    def then(self, does: str, why: str, keys: Mapping[str, str], only: str) -> "_Draft":
        """One step more."""
        after = Versions(
            keys.get(KUBERNETES_KEY, self.now.kubernetes),
            keys.get(WORKERS_KEY, self.now.workers),
            keys.get(ETCD_KEY, self.now.etcd),
        )
        up = (f"pulumi up --stack {self.stack}",) if keys else ()
        roll = f"tripod roll {self.stack} --only {only}"
        step = UpgradeStep(does, why, keys, (*up, roll, f"{roll} --yes"), after)
        return _Draft(self.stack, after, (*self.steps, step))


def upgrade_plan(
    stack: str, now: Versions, running: RunningVersions, target: str, etcd: str = ""
) -> tuple[UpgradeStep, ...]:
    """Plan an upgrade.

    Args:
        stack: the stack's name, for the commands.
        now: the versions in its file.
        running: the versions that its instances run.
        target: the version of Kubernetes that is wanted.
        etcd: the version of etcd that is wanted; by default it stays where it fits.

    Raises:
        RefusedError: there is no way there, or a longer one.
    """
    wanted_etcd = etcd or now.etcd
    refusals = [*_version_refusals(now, target, wanted_etcd)] or [*_running_refusals(now, running)]
    if refusals:
        raise RefusedError(refusals)
    draft = _unfinished(_Draft(stack, now), running)
    draft = _etcd_steps(draft, wanted_etcd)
    draft = _workers_that_lag(draft, target)
    if draft.now.kubernetes != target:
        # The workers' version follows the control plane's unless it is written down.
        keys = {KUBERNETES_KEY: target, WORKERS_KEY: draft.now.workers}
        why = "API servers before kubelets: a kubelet must not be newer than its API server; workers stay meanwhile"
        draft = draft.then(f"control plane {draft.now.kubernetes} → {target}", why, keys, "control-plane")
    if draft.now.workers != target:
        why = "the control plane is there, so that workers may follow"
        draft = draft.then(f"workers {draft.now.workers} → {target}", why, {WORKERS_KEY: target}, "workers")
    return draft.steps


@dataclass(frozen=True)
class UnknownDigest:
    """A binary that an upgrade installs, without a known digest.

    Attributes:
        binary: its name.
        version: its version.
        published: the address at which its project publishes it, for one architecture, with its digest beside it.
    """

    binary: str
    version: str
    published: str


def unknown_digests(steps: Sequence[UpgradeStep], digests: Digests) -> list[UnknownDigest]:
    """Digests that the stack file lacks: nodes run no binary without a known digest.

    Args:
        steps: the upgrade.
        digests: the digests in the stack file.
    """
    wanted = [
        (name, version_)
        for step in steps
        for binaries in (node_binaries(step.after.kubernetes), node_binaries(step.after.workers))
        for name, version_ in (*binaries.items(), *etcd_binaries(step.after.etcd).items())
    ]
    return [
        UnknownDigest(name, version_, download_url(name, version_, "ARCHITECTURE", None))
        for name, version_ in dict.fromkeys(wanted)
        if not digests.get(name, {}).get(version_) and version_ not in known_digests().get(name, {})
    ]


def _version_refusals(now: Versions, target: str, etcd: str) -> Iterator[Refusal]:
    unreadable = [*_unreadable({"the target": target, "--etcd": etcd, **vars(now)})]
    if unreadable:
        yield from unreadable
        return
    current, wanted = parse_version(now.kubernetes), parse_version(target)
    if wanted < current:
        yield Refusal(
            target,
            f"a downgrade from {current}: API servers do not read what newer ones have written",
            "restore a snapshot that was taken before the upgrade (`tripod restore`), if you must go back",
        )
    elif wanted.major != current.major or wanted.minor > current.minor + 1:
        between = f"{current.major}.{current.minor + 1}"
        yield Refusal(
            target,
            f"skips minor versions from {current}: control planes move one minor at a time",
            f"upgrade to the newest {between} first",
        )
    elif wanted[:2] not in ETCD_FOR_KUBERNETES:
        known = ", ".join(f"{major}.{minor}" for major, minor in ETCD_FOR_KUBERNETES)
        yield Refusal(target, f"this release of Tripod knows {known}", "use a release that knows it")
    else:
        yield from _etcd_refusals(parse_version(now.etcd), parse_version(etcd), current, wanted)


def _unreadable(values: Mapping[str, str]) -> Iterator[Refusal]:
    for name, text in values.items():
        try:
            parse_version(text)
        except ValueError as error:
            yield Refusal(name, str(error), "write three numbers")


def _etcd_refusals(current: Version, wanted: Version, before: Version, after: Version) -> Iterator[Refusal]:
    """Refuse etcd versions that cannot follow one another, or do not fit both versions of Kubernetes."""
    if wanted < current:
        yield Refusal("etcd", f"{wanted} is a downgrade from {current}", f"stay at {current}, or go up")
        return
    if wanted.major != current.major or wanted.minor > current.minor + 1:
        yield Refusal("etcd", f"{wanted} skips minor versions from {current}", "go one minor at a time")
        return
    oldest = OLDEST_ETCD_PATCH.get(current[:2], 0)
    if wanted.minor > current.minor and current.patch < oldest:
        yield Refusal(
            "etcd",
            f"{current} cannot be upgraded to {wanted} while it runs",
            f"upgrade etcd to {current.major}.{current.minor}.{oldest} or newer first (`--etcd`)",
        )
    # etcd goes first, so it must suit the Kubernetes before as well as the one after.
    for kubernetes in (before, after):
        fitting = ETCD_FOR_KUBERNETES.get(kubernetes[:2], ())
        if fitting and wanted[:2] not in fitting:
            minors = " or ".join(f"{major}.{minor}" for major, minor in fitting)
            yield Refusal(
                "etcd", f"{wanted} is not for Kubernetes {kubernetes}", f"`--etcd` with a version of {minors}"
            )


def _running_refusals(now: Versions, running: RunningVersions) -> Iterator[Refusal]:
    """Instances that run what the stack file does not lead to."""
    for name, wanted, found in _by_role(now, running):
        for text in sorted(found):
            running_version = parse_version(text)
            if running_version > parse_version(wanted):
                yield Refusal(name, f"an instance runs {text}, the stack file says {wanted}", "correct the stack file")
            elif parse_version(wanted).minor - running_version.minor > (KUBELET_SKEW if name == "workers" else 1):
                yield Refusal(
                    name,
                    f"an instance runs {text}, the stack file says {wanted}: minors were skipped",
                    "set the stack file back to one minor above what runs",
                )


def _by_role(now: Versions, running: RunningVersions) -> Iterable[tuple[str, str, frozenset[str]]]:
    return (
        ("etcd", now.etcd, running.etcd),
        ("control-plane", now.kubernetes, running.kubernetes),
        ("workers", now.workers, running.workers),
    )


def _unfinished(draft: _Draft, running: RunningVersions) -> _Draft:
    """Rolls that are to be finished before anything else changes."""
    for name, wanted, found in _by_role(draft.now, running):
        others = sorted(found - {wanted})
        if others:
            draft = draft.then(
                f"finish the roll of {name} from {', '.join(others)} to {wanted}",
                "instances still run what the stack file no longer says",
                {},
                name,
            )
    return draft


def _etcd_steps(draft: _Draft, wanted: str) -> _Draft:
    if draft.now.etcd == wanted:
        return draft
    why = "etcd before the API servers that need it; it suits those that run now as well"
    return draft.then(f"etcd {draft.now.etcd} → {wanted}", why, {ETCD_KEY: wanted}, "etcd")


def _workers_that_lag(draft: _Draft, target: str) -> _Draft:
    """Workers that would be too old for the new API servers go up to the present ones' version first."""
    if parse_version(target).minor - parse_version(draft.now.workers).minor <= KUBELET_SKEW:
        return draft
    why = f"a kubelet may be {KUBELET_SKEW} minors older than its API server, and would be more"
    present = draft.now.kubernetes
    return draft.then(f"workers {draft.now.workers} → {present}", why, {WORKERS_KEY: present}, "workers")
