from collections.abc import Iterator
from typing import Annotated, Any, Literal, NotRequired, get_args, get_origin

import pulumi
import pytest

import tripod.core.spec_types as committed
from generate_spec_types import ROOTS, settings_name, written
from tripod.core.spec import Spec, Whole
from tripod.database.spec import PeerSpec


def specs_within(annotation: Any) -> Iterator[type[Spec]]:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
        for field in annotation.model_fields.values():
            yield from specs_within(field.annotation)
    for part in get_args(annotation):
        yield from specs_within(part)


SPECS = sorted({spec for root in ROOTS for spec in specs_within(root)}, key=lambda spec: spec.__name__)


def settings_of(spec: type[Spec]) -> Any:
    return getattr(committed, settings_name(spec))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_settings_have_the_fields_of_their_specification(spec: type[Spec]) -> None:
    settings = settings_of(spec)
    required = {name for name, field in spec.model_fields.items() if field.is_required()}
    assert settings.__required_keys__ == required
    assert settings.__optional_keys__ == spec.model_fields.keys() - required


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_every_setting_has_a_type_that_other_languages_know(spec: type[Spec]) -> None:
    for hint in settings_of(spec).__annotations__.values():
        item: Any = hint
        while get_origin(item) in (list, dict, NotRequired):
            item = get_args(item)[-1]
        assert item in (str, int, float, bool, Any, pulumi.Input[str]) or item.__name__.endswith("Settings")


def test_there_are_settings_for_every_specification_and_none_besides() -> None:
    written = {name for name in vars(committed) if name.endswith(("Settings", "FactsArgs"))}
    assert written == {settings_name(spec) for spec in SPECS}
    assert len(SPECS) > 10


def test_annotations_are_written_without_literals_unions_tuples_and_notes() -> None:
    assert written(Literal["a", "b"]) == "str"
    assert written(str | None) == "str"
    assert written(tuple[int, ...]) == "list[int]"
    assert written(dict[str, PeerSpec]) == "dict[str, PeerSettings]"
    assert written(PeerSpec | None) == "PeerSettings"
    assert written(Annotated[str, "a note"]) == "str"
    assert written(dict[str, Whole] | None) == "dict[str, int]"
