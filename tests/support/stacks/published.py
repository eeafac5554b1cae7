"""The names and the schema that clusters and programs of other languages rely on."""

import json
from functools import cache

from pulumi.provider.experimental.component import ComponentProvider

from support.stacks.planned import ROOT, planned
from tripod.provider import COMPONENTS, PACKAGE

NAMES, SCHEMA = (ROOT / "tests" / "program" / name for name in ("names.txt", "schema.json"))


@cache
def plugin_host() -> ComponentProvider:
    """The plugin host of every component, whose arguments it takes seconds to read."""
    return ComponentProvider(list(COMPONENTS), PACKAGE, version="0.0.0")


def current_names() -> str:
    """URNs of the staging stack, without stack and project."""
    return "".join(f"{urn.split('::', 2)[2]}\n" for urn in sorted(planned("staging").registrations))


def current_schema() -> str:
    """Names, types and which inputs are required, without descriptions."""
    schema = json.loads(plugin_host().schema or "")

    def undescribed(value: object) -> object:
        if isinstance(value, dict):
            return {key: undescribed(item) for key, item in value.items() if key != "description"}  # pyright: ignore
        return [undescribed(item) for item in value] if isinstance(value, list) else value  # pyright: ignore

    kept = {key: undescribed(schema[key]) for key in ("name", "resources", "types")}
    return json.dumps(kept, indent=1, sort_keys=True) + "\n"
