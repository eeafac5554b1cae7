"""One writer a value: the engine makes a first value, and from then on nodes and `tripod rotate` write it."""

import pytest

from support.stacks.planned import STACKS, of_type, planned


@pytest.mark.parametrize("stack", STACKS)
def test_the_engine_ignores_later_values_of_every_secret(stack: str) -> None:
    versions = of_type(planned(stack), "secretsmanager/secretVersion:SecretVersion")
    assert {one.name.removeprefix("cluster-pki-") for one in versions} >= {"encryption-first-value"}
    assert {one.name for one in versions if "secretString" not in one.ignore_changes} == set()


@pytest.mark.parametrize("stack", STACKS)
def test_the_join_token_and_what_is_said_once_of_etcd_are_nodes_own(stack: str) -> None:
    assert of_type(planned(stack), "ssm/parameter:Parameter") == []
