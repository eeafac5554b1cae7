"""The schema by which programs of other languages know the components: an API, like names.txt."""

import json

from support.stacks.published import SCHEMA, current_schema, plugin_host


def test_the_schema_is_the_published_one() -> None:
    assert current_schema() == SCHEMA.read_text()


def test_every_input_and_output_of_ours_is_described() -> None:
    schema = json.loads(plugin_host().schema or "")
    undescribed = [
        f"{type_}.{name}"
        for type_, definition in schema["types"].items()
        for name, property_ in definition["properties"].items()
        if "description" not in property_
    ]
    assert undescribed == []
