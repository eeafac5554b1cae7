from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from support.stacks.samples import few
from tripod.rehearsal.protocol_values import (
    SECRET_SHOWN,
    UNKNOWN,
    UNKNOWN_SHOWN,
    Secret,
    Unknown,
    display_value,
    is_secret,
    plain,
    read,
    write,
)

# Whole numbers up to 2**53: the protocol has doubles alone.
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6) | st.just(UNKNOWN)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3) | inner.map(Secret)
    ),
    max_leaves=8,
)
properties = st.dictionaries(st.text(max_size=6), values, max_size=4)


@few
@given(properties)
def test_values_come_back_as_they_were_sent(sent: dict[str, Any]) -> None:
    assert read(write(sent)) == sent


def test_a_flag_is_not_a_number() -> None:
    came = read(write({"flag": True, "number": 1, "list": [False, 0]}))
    assert repr([came["flag"], came["number"], came["list"]]) == "[True, 1, [False, 0]]"


def test_a_broken_number_stays_one() -> None:
    assert read(write({"half": 0.5, "whole": 3.0})) == {"half": 0.5, "whole": 3}
    assert isinstance(read(write({"whole": 3.0}))["whole"], int)


def test_secrets_and_unknowns_travel_as_the_engine_marks_them() -> None:
    struct = write({"secret": Secret("s"), "unknown": UNKNOWN})
    fields = struct.fields["secret"].struct_value.fields
    assert fields["4dabf18193072939515e22adb298388d"].string_value == "1b47061264138c4ac30d75fd1eb44270"
    assert fields["value"].string_value == "s"
    assert struct.fields["unknown"].string_value == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def test_a_resource_is_read_as_its_urn() -> None:
    struct = struct_pb2.Struct()
    fields = struct.fields["vpc"].struct_value.fields
    fields["4dabf18193072939515e22adb298388d"].string_value = "5cf8f73096256a8f31e491e813e4eb8e"
    fields["urn"].string_value = "urn:pulumi:x"
    assert read(struct) == {"vpc": "urn:pulumi:x"}


def test_what_has_no_form_in_the_protocol_is_refused_by_its_name() -> None:
    with pytest.raises(TypeError, match="object has no form"):
        write({"thing": object()})


@few
@given(properties)
def test_what_is_shown_tells_no_secret(sent: dict[str, Any]) -> None:
    marked = {"inside": [Secret({"password": "hunter2", **sent}), {"deep": Secret("hunter2")}], **sent}
    assert "hunter2" not in str(display_value(marked))
    assert not contains(display_value(marked), (Secret, Unknown))


@few
@given(properties)
def test_what_is_created_has_every_secret_opened(sent: dict[str, Any]) -> None:
    assert not contains(plain(sent), (Secret, Unknown))
    assert plain({"wrapped": Secret(sent)}) == {"wrapped": plain(sent)}


@few
@given(values)
def test_a_value_is_secret_if_anything_in_it_is(value: Any) -> None:
    assert is_secret(value) is contains(value, (Secret,))


def test_secrets_and_unknowns_are_named() -> None:
    assert display_value({"a": Secret("x"), "b": UNKNOWN, "c": [1]}) == {
        "a": SECRET_SHOWN,
        "b": UNKNOWN_SHOWN,
        "c": [1],
    }
    assert plain({"a": Secret(Secret("x")), "b": UNKNOWN}) == {"a": "x", "b": None}


def contains(value: Any, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, kinds):
        return True
    items: list[Any] = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType]
    return any(contains(item, kinds) for item in items)
