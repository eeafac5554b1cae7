"""Processor architectures of instance types."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from tripod.core.problems import Path, Problem


class Architecture(StrEnum):
    """A processor architecture, as Kubernetes and Debian name it."""

    AMD64 = "amd64"
    ARM64 = "arm64"


def architecture(instance_type: str) -> Architecture | None:
    """Derive the architecture of an instance type from its name; None if the name is malformed, or a Mac.

    By AWS' naming convention the letters after the generation are attributes, and ``g`` is Graviton;
    the first Graviton family is ``a1``.
    """
    found = re.fullmatch(r"([a-z]+)-?(\d+)([a-z0-9]*)(?:-[a-z0-9]+)?\.([a-z0-9-]+)", instance_type)
    if not found or found.group(1) == "mac":
        return None
    family, generation, attributes = found.group(1), found.group(2), found.group(3)
    if "g" in attributes or (family, generation) == ("a", "1"):
        return Architecture.ARM64
    return Architecture.AMD64


def instance_type_problems(instance_type: str, images: Mapping[str, str], path: Path) -> Iterator[Problem]:
    """Find an invalid instance type, or one for whose architecture no image is configured.

    Args:
        instance_type: the type.
        images: architecture → image.
        path: its path.
    """
    found = architecture(instance_type)
    if found is None:
        yield Problem(path, repr(instance_type), "an instance type such as m7g.large", "correct the name")
    elif found not in images:
        have = ", ".join(sorted(images)) or "none"
        yield Problem(
            path,
            f"{instance_type!r} ({found})",
            f"a type of an architecture that has an image (images has {have})",
            f"add images.{found}, or choose a type of another architecture",
        )
