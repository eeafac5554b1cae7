"""Shortcuts in moto give moto's own answers."""

from typing import Any

from moto.ec2 import models

from support.account.rehearsed import Copy, Rehearsed


def test_tags_are_those_that_moto_finds_by_searching(local: Rehearsed) -> None:
    def tags(copy: Copy) -> list[tuple[Any, Any]]:
        accounts: Any = models.ec2_backends
        backend = accounts["123456789012"][copy.region]
        tagged = [*backend.vpcs.values(), *backend.volumes.values(), *backend.enis.values()]
        return [(one.get_tags(), backend.describe_tags({"resource-id": [one.id]})) for one in tagged]

    compared = local.in_a_copy(tags)
    assert sum(len(found) for found, _ in compared) > 40
    assert [found for found, _ in compared] == [searched for _, searched in compared]
