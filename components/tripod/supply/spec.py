"""Supply settings: mirrors, and digests of versions that this release does not list."""

import re
from collections.abc import Iterator

from pydantic import Field

from tripod.core.problems import Path, Problem
from tripod.core.spec import Spec
from tripod.supply.binaries import RELEASES
from tripod.supply.pins import ARCHITECTURES

_REPOSITORY = r"(arn:aws[a-z-]*:ecr:[a-z0-9-]+:\d{12}:repository/)?[a-z0-9*][a-z0-9*._/-]{0,255}"


class SupplySpec(Spec):
    """Sources of the nodes' binaries and images."""

    binaries: str | None = None
    """A mirror of the binaries: an HTTPS URL below which each binary has the same path as on its project's site."""
    images: dict[str, str] = Field(default_factory=dict)
    """Registry → its mirror, such as registry.k8s.io → mirror.example.com/k8s. Every image of a mirrored registry
    is pulled from the mirror, including the pause image."""
    ecr_repositories: tuple[str, ...] = ()
    """Repositories of ECR that nodes may pull from: names in the cluster's account and region, such as shop/*, or ARNs.
    Default: none; nodes then have neither the rights nor ECR's credential provider."""
    digests: dict[str, dict[str, dict[str, str]]] = Field(default_factory=dict)
    """Binary → version → architecture → sha256, of versions that this release does not list."""

    def _rules(self) -> Iterator[Problem]:
        if self.binaries is not None and (not self.binaries.startswith("https://") or self.binaries.endswith("/")):
            yield Problem(("binaries",), repr(self.binaries), "https://… without a trailing slash", "correct it")
        for registry, mirror in self.images.items():
            yield from _registry_problems(registry, ("images", registry))
            yield from _registry_problems(mirror, ("images", registry))
        for position, repository in enumerate(self.ecr_repositories):
            if not re.fullmatch(_REPOSITORY, repository):
                allowed = "a name such as shop/web or shop/*, or an ARN"
                yield Problem(("ecr_repositories", position), repr(repository), allowed, "write it without a registry")
        for name, versions in self.digests.items():
            if name not in RELEASES:
                yield Problem(("digests", name), repr(name), f"one of {', '.join(RELEASES)}", "correct the name")
            for version, architectures in versions.items():
                yield from _digest_problems(architectures, ("digests", name, version))


def _registry_problems(text: str, path: Path) -> Iterator[Problem]:
    if not re.fullmatch(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._/-]+)?", text):
        yield Problem(path, repr(text), "a registry such as mirror.example.com/k8s", "write it without https://")


def _digest_problems(architectures: dict[str, str], path: Path) -> Iterator[Problem]:
    for architecture, digest in architectures.items():
        if architecture not in ARCHITECTURES:
            yield Problem((*path, architecture), repr(architecture), " or ".join(ARCHITECTURES), "correct it")
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            yield Problem((*path, architecture), repr(digest), "a sha256 in hexadecimal", "copy it from the release")
