"""The issuer of service-account tokens: known to IAM, and published as designed."""

from collections.abc import Iterator

from tripod.core.iam_documents import STS_AUDIENCE
from tripod.core.naming import ROLE_TAG
from tripod.iam.issuer_publication import ACCEPTED_ROLE, CACHE_SECONDS, FOLDERS
from tripod.operations.inventory import ClusterInventory, Described, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, check

AGAIN = "run `pulumi up --refresh`"


@check("issuer-known", "IAM knows the issuer, for tokens made for AWS alone", 16)
def issuer_known(inventory: ClusterInventory) -> Iterator[Finding]:
    """The OIDC provider of the issuer that signs, and those that are accepted while it changes."""
    providers = inventory.oidc_providers
    signing = [one for one in providers.values() if tags_of(one)[ROLE_TAG] != ACCEPTED_ROLE]
    if len(signing) != 1:
        yield Failed("issuer", f"{len(signing)} providers of the cluster", AGAIN)
        return
    for arn, provider in providers.items():
        if provider["ClientIDList"] != [STS_AUDIENCE]:
            yield Failed(arn, f"takes tokens for {', '.join(provider['ClientIDList'])}", f"leave {STS_AUDIENCE} alone")
    accepted = [one["Url"] for one in providers.values() if one is not signing[0]]
    yield Passed(", ".join([signing[0]["Url"], *(f"{url} accepted too" for url in accepted)]))


@check("issuer-published", "Distributions publish the issuer's documents alone, fresh", 11)
def issuer_published(inventory: ClusterInventory) -> Iterator[Finding]:
    """The distribution of each issuer that has one: its origin, its scheme and its cache."""
    hosts = inventory.distribution_hosts
    for host in hosts:
        found = inventory.distributions.get(host)
        faults = ["there is no such distribution"] if found is None else list(_faults(inventory, found))
        for fault in faults:
            yield Failed(host, fault, f"{AGAIN}: until then no pod gets rights in AWS")
    yield Passed(", ".join(hosts) or "no distribution: a bucket, or an address of your own")


def _faults(inventory: ClusterInventory, distribution: Described) -> Iterator[str]:
    origins: list[Described] = distribution["Origins"]["Items"]
    behavior: Described = distribution["DefaultCacheBehavior"]
    own = f"{inventory.cluster}-{inventory.incarnation}-issuer.s3.{inventory.region}."
    folder = f"/{FOLDERS['cloudfront'].rstrip('/')}"
    if not distribution["Enabled"]:
        yield "disabled"
    if [origin["OriginPath"] for origin in origins if origin["DomainName"].startswith(own)] != [folder]:
        yield f"its origin is {', '.join(origin['DomainName'] + origin['OriginPath'] for origin in origins)}"
    if not all(origin.get("OriginAccessControlId") for origin in origins):
        yield "it does not sign its requests: the bucket refuses them"
    if behavior["ViewerProtocolPolicy"] != "https-only":
        yield f"it answers without TLS ({behavior['ViewerProtocolPolicy']})"
    if behavior["MaxTTL"] > CACHE_SECONDS:
        yield f"it caches {behavior['MaxTTL']} seconds: a rotated key set is seen too late"


CHECKS = (issuer_known, issuer_published)
