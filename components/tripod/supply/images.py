"""Where images come from: every registry, or its mirror."""

from collections.abc import Mapping

from tripod.supply.versions import PAUSE

KUBERNETES_REGISTRY = "registry.k8s.io"
PAUSE_IMAGE = f"{KUBERNETES_REGISTRY}/pause:{PAUSE}"


def mirrored(image: str, mirrors: Mapping[str, str]) -> str:
    """An image's name, in the mirror of its registry where there is one.

    Args:
        image: its full name, registry first.
        mirrors: registry → mirror.
    """
    registry, _, rest = image.partition("/")
    return f"{mirrors[registry]}/{rest}" if registry in mirrors else image
