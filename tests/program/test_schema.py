"""The schema by which programs of other languages know the components: an API, like names.txt."""

import json
from pathlib import Path

from pulumi.provider.experimental.component import ComponentProvider

from tripod.provider import COMPONENTS, PACKAGE

LISTED = Path(__file__).parent / "schema.json"


def current_schema() -> str:
    """Names, types and which inputs are required, without descriptions."""
    schema = json.loads(ComponentProvider(list(COMPONENTS), PACKAGE, version="0.0.0").schema or "")

    def told(value: object) -> object:
        if isinstance(value, dict):
            return {key: told(item) for key, item in value.items() if key != "description"}  # pyright: ignore
        return [told(item) for item in value] if isinstance(value, list) else value  # pyright: ignore

    kept = {key: told(schema[key]) for key in ("name", "resources", "types")}
    return json.dumps(kept, indent=1, sort_keys=True) + "\n"


def test_the_schema_is_the_published_one() -> None:
    assert current_schema() == LISTED.read_text()


def test_every_input_and_output_of_ours_is_described() -> None:
    schema = json.loads(ComponentProvider(list(COMPONENTS), PACKAGE, version="0.0.0").schema or "")
    undescribed = [
        f"{type_}.{name}"
        for type_, definition in schema["types"].items()
        for name, property_ in definition["properties"].items()
        if "description" not in property_
    ]
    assert undescribed == []


if __name__ == "__main__":
    LISTED.write_text(current_schema())
