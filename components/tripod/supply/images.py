"""Image names, in their own registries or in mirrors."""

from collections.abc import Mapping

from tripod.supply.versions import PAUSE

KUBERNETES_REGISTRY = "registry.k8s.io"
PAUSE_IMAGE = f"{KUBERNETES_REGISTRY}/pause:{PAUSE}"


def mirrored_image(image: str, mirrors: Mapping[str, str]) -> str:
    """Rewrite an image's name to the mirror of its registry, if there is one.

    Args:
        image: its full name, registry first.
        mirrors: registry → mirror.
    """
    registry, _, rest = image.partition("/")
    return f"{mirrors[registry]}/{rest}" if registry in mirrors else image
