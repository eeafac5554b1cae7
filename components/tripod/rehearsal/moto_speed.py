"""Shortcuts in moto (5.2): the same answers for a quarter less time, since it searches anew at every request."""

from functools import cache
from typing import Any

Moto = Any
"""An object of moto: it has no types."""


@cache
def shorten_moto() -> None:
    """Apply every shortcut."""
    from moto import backends  # noqa: PLC0415
    from moto.core import responses  # noqa: PLC0415
    from moto.ec2.models.core import TaggedEC2Resource  # noqa: PLC0415
    from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix  # noqa: PLC0415

    def get_tags(resource: Moto) -> list[dict[str, str]]:
        """Look a resource's tags up by its id, instead of matching every tag of the account with it."""
        if not resource.id:
            return []
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource.id), "")
        found: dict[str, str] = resource.ec2_backend.tags.get(resource.id) or {}
        return [{"resource_id": resource.id, "key": key, "value": found[key], "resource_type": kind} for key in found]

    tagged: Moto = TaggedEC2Resource
    tagged.get_tags = get_tags
    modules: Moto = backends
    names = tuple(backends.list_of_moto_modules())
    modules.list_of_moto_modules = lambda: names
    answers: Moto = responses
    answers.method_names_from_class = cache(answers.method_names_from_class)
