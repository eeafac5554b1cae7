"""Settings of instances: images and disks."""

import re
from collections.abc import Iterator
from typing import Literal, get_args

from tripod.core.problems import Path, Problem, choice_problems
from tripod.core.spec import Spec, Whole

System = Literal["ubuntu-24.04", "debian-12"]


def system_problems(system: str) -> Iterator[Problem]:
    """Find an unsupported operating system in the arguments of a component."""
    yield from choice_problems(system, get_args(System), ("system",))


class ImagesSpec(Spec):
    """The machine image of each architecture, pinned: a newly published one changes nothing."""

    system: System = "ubuntu-24.04"
    """The operating system that the images hold."""
    amd64: str | None = None
    """ami-…, or resolve:ssm:/aws/service/…/<a dated serial>/… for a parameter that never changes."""
    arm64: str | None = None
    """The same for Graviton."""

    def by_architecture(self) -> dict[str, str]:
        """Architecture → image, of those that are configured."""
        return {name: image for name, image in (("amd64", self.amd64), ("arm64", self.arm64)) if image}

    def _rules(self) -> Iterator[Problem]:
        if not self.by_architecture():
            yield Problem((), "no image", "an image for amd64, arm64 or both", "pin an image")
        for name, image in self.by_architecture().items():
            yield from image_problems(image, (name,))


def image_problems(image: str, path: Path) -> Iterator[Problem]:
    """Find an invalid image, or one that is not pinned."""
    if re.fullmatch(r"ami-[0-9a-f]{8,17}", image):
        return
    if not re.fullmatch(r"resolve:ssm:/[A-Za-z0-9/._-]+", image):
        yield Problem(path, repr(image), "ami-… or resolve:ssm:/…", "pin an image id or a dated parameter")
    elif not re.search(r"/\d{8}(\.\d+)?/", image):
        yield Problem(
            path,
            repr(image),
            "a parameter with a dated serial, such as …/24.04/stable/20260714/…",
            "pin the serial: 'current' would make every preview dirty after a release",
        )


class VolumeSpec(Spec):
    """A gp3 disk, always encrypted."""

    size_gib: Whole = 20
    """Its size in GiB."""
    iops: Whole = 3000
    """Operations a second: 3000 to 16000, at most 500 for each GiB."""
    throughput: Whole = 125
    """MiB a second: 125 to 1000, at most a quarter of iops."""
    encrypted: bool = True
    """Always true: false is refused with an explanation."""

    def _rules(self) -> Iterator[Problem]:
        if not self.encrypted:
            yield encryption_off(("encrypted",))
        if not 8 <= self.size_gib <= 16384:
            yield Problem(("size_gib",), str(self.size_gib), "8 to 16384", "change the size")
        most_iops = min(16000, max(3000, 500 * self.size_gib))
        if not 3000 <= self.iops <= most_iops:
            yield Problem(
                ("iops",), str(self.iops), f"3000 to {most_iops} on {self.size_gib} GiB", "change iops or the size"
            )
            return
        most_throughput = min(1000, self.iops // 4)
        if not 125 <= self.throughput <= most_throughput:
            yield Problem(
                ("throughput",),
                str(self.throughput),
                f"125 to {most_throughput} with {self.iops} iops",
                "change throughput or iops",
            )


def encryption_off(path: Path) -> Problem:
    """Build the problem of encryption that is turned off."""
    return Problem(
        path,
        "false",
        "true: disks, snapshots and Secrets are always encrypted",
        "remove the key: it cannot be added later",
    )
