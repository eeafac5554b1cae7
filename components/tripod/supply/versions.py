"""Pinned versions of a node's software, and their compatibility."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tripod.core.problems import Problem


class Version(NamedTuple):
    """A semantic version without pre-release."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def parse_version(text: str) -> Version:
    """Parse a version such as ``1.36.4``.

    Raises:
        ValueError: the text is not three numbers.
    """
    found = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text)
    if not found:
        raise ValueError(f"{text!r} is not a version such as 1.36.4")
    return Version(*(int(number) for number in found.groups()))


KUBERNETES = "1.36.4"
"""The newest 1.36 that builds from its Go module, so that CI tests the installed version."""

OLDEST_KUBERNETES = Version(1, 36, 1)
"""Before 1.36.1 `kubeadm init` connects to the load balancer, which has no healthy target yet (kubernetes#138682)."""

KUBELET_SKEW = 3
"""Minor versions by which a kubelet may be older than its API server (Kubernetes' version skew policy)."""

ETCD = "3.6.14"
"""The newest 3.6 whose digests are recorded in supply/pins.json."""

ETCD_FOR_KUBERNETES = {
    (1, 36): ((3, 6),),
    (1, 37): ((3, 6), (3, 7)),
}
"""Kubernetes minor → supported etcd minors. Other combinations are untested."""

OLDEST_ETCD_PATCH = {(3, 6): 11, (3, 7): 0}
"""etcd minor → oldest patch. 3.6.11 is the oldest with a rolling upgrade to 3.7 (etcd's upgrade guide)."""

CONTAINERD = "2.3.4"
"""Not older: 2.3.0 to 2.3.3 do not find a pause image pinned by digest (containerd#13529)."""

RUNC = "1.4.3"
CRICTL = "1.36.0"
CNI_PLUGINS = "1.9.1"
ECR_CREDENTIAL_PROVIDER = "1.31.7"
"""Of cloud-provider-aws; the digests are those of kubernetes/kops, pkg/assets/assetdata/ecr.yaml."""

PAUSE = "3.10.2"


def version_problem(name: str, given: str) -> Problem | None:
    """Find a version that cannot be parsed."""
    try:
        parse_version(given)
    except ValueError:
        return Problem((name,), repr(given), "a version of three numbers", f"write it like {KUBERNETES}")
    return None


def skew_problems(kubernetes: str, workers: str | None, etcd: str) -> Iterator[Problem]:
    """Find incompatible versions, or one that kubeadm cannot start behind a load balancer.

    Args:
        kubernetes: the control plane's version.
        workers: the workers' kubelet version; None if equal to the control plane's.
        etcd: etcd's version.
    """
    given = {"kubernetes": kubernetes, "workers": workers, "etcd": etcd}
    unreadable = [
        problem
        for problem in (version_problem(name, text) for name, text in given.items() if text is not None)
        if problem
    ]
    yield from unreadable
    if unreadable:
        return
    control_plane = parse_version(kubernetes)
    if control_plane < OLDEST_KUBERNETES:
        yield Problem(
            ("kubernetes",),
            repr(kubernetes),
            f"{OLDEST_KUBERNETES} or newer",
            f"use {KUBERNETES}: older ones cannot start a control plane behind a load balancer",
        )
    else:
        yield from _etcd_problems(control_plane, parse_version(etcd))
    if workers is not None:
        yield from _kubelet_problems(control_plane, parse_version(workers))


def _etcd_problems(control_plane: Version, etcd: Version) -> Iterator[Problem]:
    fitting = ETCD_FOR_KUBERNETES.get(control_plane[:2])
    if fitting is None:
        known = ", ".join(f"{major}.{minor}" for major, minor in ETCD_FOR_KUBERNETES)
        yield Problem(
            ("kubernetes",),
            repr(str(control_plane)),
            f"a version of {known}",
            f"use {KUBERNETES}, or a release of Tripod that supports this one",
        )
        return
    patch = OLDEST_ETCD_PATCH.get(etcd[:2])
    if etcd[:2] not in fitting or patch is None or etcd.patch < patch:
        allowed = " or ".join(f"{major}.{minor}.{OLDEST_ETCD_PATCH[major, minor]}+" for major, minor in fitting)
        yield Problem(
            ("etcd",),
            repr(str(etcd)),
            f"{allowed} with Kubernetes {control_plane.major}.{control_plane.minor}",
            f"use {ETCD}",
        )


def _kubelet_problems(control_plane: Version, workers: Version) -> Iterator[Problem]:
    if workers > control_plane:
        yield Problem(
            ("workers",),
            repr(str(workers)),
            f"at most {control_plane}, the control plane's version",
            "upgrade the control plane first: a kubelet must not be newer than its API server",
        )
    elif workers.major != control_plane.major or control_plane.minor - workers.minor > KUBELET_SKEW:
        yield Problem(
            ("workers",),
            repr(str(workers)),
            f"at most {KUBELET_SKEW} minor versions older than {control_plane}",
            "upgrade the workers before the control plane",
        )
