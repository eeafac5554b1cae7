"""DER, the binary form of certificates and their requests: just enough of it to read one, and strictly.

Not openssl's text: a name with a line break in it could hide there what stands after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

BOOLEAN, OCTET_STRING, OBJECT_IDENTIFIER, SEQUENCE, SET = 0x01, 0x04, 0x06, 0x30, 0x31
TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii"}
"""Strings that hold plain text: UTF8String, PrintableString, IA5String."""


class DerError(ValueError):
    """These bytes are not what they are to be."""


@dataclass(frozen=True)
class Value:
    """A value.

    Attributes:
        tag: what it is.
        content: its content.
    """

    tag: int
    content: bytes

    def expect(self, tag: int) -> "Value":
        """The value itself, if it is of a kind.

        Raises:
            DerError: it is not.
        """
        if self.tag != tag:
            raise DerError(f"tag {self.tag:#x} where {tag:#x} belongs")
        return self

    def parts(self, tag: int) -> Sequence["Value"]:
        """What a sequence or set holds.

        Raises:
            DerError: it is not one.
        """
        return read_all(self.expect(tag).content)

    def identifier(self) -> str:
        """An object identifier, as ``2.5.4.3``.

        Raises:
            DerError: it is not one.
        """
        numbers: list[int] = []
        number = 0
        content = self.expect(OBJECT_IDENTIFIER).content
        if not content or content[-1] & 0x80:
            raise DerError("an object identifier without an end")
        for byte in content:
            number = number << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(number)
                number = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(str(one) for one in (first, numbers[0] - 40 * first, *numbers[1:]))

    def text(self) -> str:
        """A string's text.

        Raises:
            DerError: it is not one of the plain kinds.
        """
        if self.tag not in TEXTS:
            raise DerError(f"tag {self.tag:#x} where a string belongs")
        try:
            return self.content.decode(TEXTS[self.tag])
        except UnicodeDecodeError as error:
            raise DerError(str(error)) from error


def read(data: bytes) -> Value:
    """One value, and nothing after it.

    Raises:
        DerError: there is none, or more than one.
    """
    (value,) = found if len(found := read_all(data)) == 1 else (None,)
    if value is None:
        raise DerError(f"{len(found)} values where one belongs")
    return value


def read_all(data: bytes) -> Sequence[Value]:
    """The values one after another, to the last byte.

    Raises:
        DerError: the bytes are cut off, or written in a way that DER forbids.
    """
    values: list[Value] = []
    position = 0
    while position < len(data):
        tag, (length, start) = data[position], _length(data, position + 1)
        if tag & 0x1F == 0x1F or start + length > len(data):
            raise DerError("a value is cut off, or has a long tag")
        values.append(Value(tag, data[start : start + length]))
        position = start + length
    return values


def _length(data: bytes, position: int) -> tuple[int, int]:
    """A length, and where what it measures begins."""
    if position >= len(data):
        raise DerError("no length")
    first = data[position]
    if first < 0x80:
        return first, position + 1
    size = first & 0x7F
    digits = data[position + 1 : position + 1 + size]
    length = int.from_bytes(digits, "big")
    # DER has one way to write each: none without an end, no leading zeros, none long that could be short.
    if not 1 <= size <= 4 or len(digits) < size or digits[0] == 0 or length < 0x80:
        raise DerError("a length that DER forbids")
    return length, position + 1 + size
