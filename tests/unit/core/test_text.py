import pytest

from tripod.core.text import count_of


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (1, "peering", "1 peering"),
        (2, "peering", "2 peerings"),
        (0, "address", "0 addresses"),
        (3, "policy", "3 policies"),
        (2, "key", "2 keys"),
        (2, "box", "2 boxes"),
        (2, "branch", "2 branches"),
        (1, "policy", "1 policy"),
    ],
)
def test_numbers_of_things_are_said_as_people_say_them(number: int, noun: str, said: str) -> None:
    assert count_of(number, noun) == said
