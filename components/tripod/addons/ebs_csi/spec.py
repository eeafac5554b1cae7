"""Settings of the EBS CSI driver."""

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.patterns import DNS_LABEL
from tripod.core.problems import MapKey, Problem
from tripod.core.spec import Spec, Whole

IOPS = {"gp3": (3000, 80_000), "io2": (100, 256_000)}
THROUGHPUT = (125, 2000)


class StorageClassSpec(Spec):
    """A storage class. Volumes are encrypted with the cluster's key, and created in the zone of their first pod."""

    type: Literal["gp3", "io2"] = "gp3"
    """EBS volume type."""
    iops: Whole | None = None
    """IOPS; needed for io2, 3000 by default for gp3."""
    throughput: Whole | None = None
    """MiB a second, for gp3 only; by default 125."""
    file_system: Literal["ext4", "xfs"] = "ext4"
    """File system."""
    keep: bool = False
    """If true, a volume outlives its claim."""

    def _rules(self) -> Iterator[Problem]:
        low, high = IOPS[self.type]
        if self.type == "io2" and self.iops is None:
            yield Problem(("iops",), "nothing", f"{low} to {high} for io2", "say how many: io2 has no default")
        if self.iops is not None and not low <= self.iops <= high:
            yield Problem(("iops",), str(self.iops), f"{low} to {high} for {self.type}", "correct it")
        if self.throughput is not None and self.type != "gp3":
            yield Problem(("throughput",), str(self.throughput), "only for gp3", "leave it out, or use gp3")
        elif self.throughput is not None and not THROUGHPUT[0] <= self.throughput <= THROUGHPUT[1]:
            allowed = f"{THROUGHPUT[0]} to {THROUGHPUT[1]}"
            yield Problem(("throughput",), str(self.throughput), allowed, "correct it")


class EbsCsiSpec(ReleaseSpec):
    """Volumes for pods."""

    replicas: Whole = 2
    """Replicas of the controller; one of them is the leader."""
    classes: dict[str, StorageClassSpec] = Field(default_factory=lambda: {"gp3": StorageClassSpec()})
    """Name → storage class. A class cannot be changed under its name."""
    default_class: str = "gp3"
    """The class of claims that name none."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
        for name in self.classes:
            if not re.fullmatch(DNS_LABEL, name):
                yield Problem(("classes", MapKey(name)), repr(name), "small letters, digits and hyphens", "rename it")
        if self.default_class not in self.classes:
            allowed = f"one of {', '.join(self.classes) or 'classes, which has none'}"
            yield Problem(("default_class",), repr(self.default_class), allowed, "name one, or add it to classes")
