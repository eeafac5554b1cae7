import pytest

from tripod.core.regions import arn_region, dns_suffix, partition, recorded_zones


def test_recorded_zones_are_named_for_their_region_and_stand_once() -> None:
    for region, zones in recorded_zones().items():
        assert zones
        assert list(zones) == sorted(set(zones))
        assert all(zone.removeprefix(region) in set("abcdef") for zone in zones)


def test_recorded_zones_are_those_that_new_accounts_see() -> None:
    assert recorded_zones()["us-west-2"] == ("us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d")
    assert len(recorded_zones()["us-west-1"]) == 2


@pytest.mark.parametrize(
    ("region", "prefix", "domain"),
    [
        ("us-west-2", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("ca-central-1", "aws", "amazonaws.com"),
    ],
)
def test_a_regions_partition_and_domain_follow_from_its_name(region: str, prefix: str, domain: str) -> None:
    assert partition(region) == prefix
    assert dns_suffix(region) == domain


@pytest.mark.parametrize(
    ("arn", "region"),
    [
        ("arn:aws:kms:eu-west-1:123456789012:key/x", "eu-west-1"),
        ("arn:aws:iam::123456789012:role/x", ""),
        ("arn:aws:logs:us-west-2:123456789012:log-group:x:*", "us-west-2"),
        ("arn:aws:kms:eu-west-1", ""),
        ("alias/x", ""),
    ],
)
def test_an_arn_names_its_region_or_none(arn: str, region: str) -> None:
    assert arn_region(arn) == region
