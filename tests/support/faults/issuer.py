"""Ways to lose the issuer of service-account tokens, or to widen its distribution."""

from collections.abc import Callable
from typing import Any

from support.account.rehearsed import Copy
from support.faults.noting import breaks


def _change(copy: Copy, change: Callable[[dict[str, Any]], None]) -> None:
    client = copy.client("cloudfront")
    (listed,) = client.list_distributions()["DistributionList"]["Items"]
    found = client.get_distribution_config(Id=listed["Id"])
    change(found["DistributionConfig"])
    client.update_distribution(Id=listed["Id"], IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"])


@breaks("issuer-published", "the distribution is disabled")
def disabled(copy: Copy) -> None:
    _change(copy, lambda config: config.update(Enabled=False))


@breaks("issuer-published", "the distribution caches for a day")
def stale(copy: Copy) -> None:
    _change(copy, lambda config: config["DefaultCacheBehavior"].update(MaxTTL=86400))


@breaks("issuer-published", "the distribution answers without TLS")
def plain_http(copy: Copy) -> None:
    _change(copy, lambda config: config["DefaultCacheBehavior"].update(ViewerProtocolPolicy="allow-all"))


@breaks("issuer-published", "the distribution no longer signs its requests")
def unsigned(copy: Copy) -> None:
    _change(copy, lambda config: config["Origins"]["Items"][0].update(OriginAccessControlId=""))


@breaks("issuer-published", "the distribution has another origin")
def elsewhere(copy: Copy) -> None:
    _change(copy, lambda config: config["Origins"]["Items"][0].update(DomainName="other.s3.us-west-2.amazonaws.com"))


@breaks("issuer-published", "the distribution is gone")
def gone(copy: Copy) -> None:
    client = copy.client("cloudfront")
    (listed,) = client.list_distributions()["DistributionList"]["Items"]
    client.delete_distribution(Id=listed["Id"], IfMatch=client.get_distribution(Id=listed["Id"])["ETag"])
