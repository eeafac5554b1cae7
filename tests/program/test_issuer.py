"""The issuer of service-account tokens: each way to publish it, and the steps from one to another."""

import hashlib
import json
import ssl
from itertools import pairwise
from pathlib import Path
from typing import Any

import botocore
import pulumi
import pytest

from support.stacks.planned import ROOT, changed, inputs, of_type, put, shared_plan
from support.stacks.samples import statements
from tripod.iam.issuer_publication import explain_refusal
from tripod.iam.spec import IssuerSpec
from tripod.rehearsal.program import Recording

ISSUER = "tripod:index:Cluster$tripod:index:OidcIssuer"
BUCKET_NAMES = {
    "iam/openIdConnectProvider:OpenIdConnectProvider::cluster-issuer-provider",
    "s3/bucket:Bucket::cluster-issuer-bucket",
    "s3/bucketObjectv2:BucketObjectv2::cluster-issuer-discovery",
    "s3/bucketObjectv2:BucketObjectv2::cluster-issuer-keys",
    "s3/bucketOwnershipControls:BucketOwnershipControls::cluster-issuer-ownership",
    "s3/bucketPolicy:BucketPolicy::cluster-issuer-policy",
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock::cluster-issuer-public-access",
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration::cluster-issuer-encryption",
    "s3/bucketVersioning:BucketVersioning::cluster-issuer-versioning",
}
"""Names of clusters from before there was a choice, as tests/program/names.txt had them."""

STEPS = [
    {"publish": "bucket"},
    {"publish": "bucket", "accepted": ["cloudfront"]},
    {"publish": "cloudfront", "accepted": ["bucket"]},
    {"publish": "cloudfront"},
]


def plan(**issuer: Any) -> Recording:
    return shared_plan(changed("staging", put("tripod:issuer", issuer)))


def own(recording: Recording, type_: str) -> dict[str, dict[str, Any]]:
    """Logical name → inputs, of the issuer's resources of a type."""
    return {one.name: inputs(one) for one in of_type(recording, type_) if ISSUER in one.urn}


def names(recording: Recording) -> set[str]:
    urns = [urn.split("::", 2)[2] for urn in recording.registrations if ISSUER in urn]
    return {urn.removeprefix(f"{ISSUER}$aws:") for urn in urns} - {
        "tripod:index:Cluster$tripod:index:OidcIssuer::cluster-issuer"
    }


def providers(recording: Recording) -> dict[str, dict[str, Any]]:
    return own(recording, "iam/openIdConnectProvider:OpenIdConnectProvider")


def served(recording: Recording, url: str) -> dict[str, Any]:
    """Path → document, as whoever asks the issuer at a URL gets it: by the bucket's name or the distribution's."""
    (bucket,) = own(recording, "s3/bucket:Bucket").values()
    objects = {one["key"]: one["content"] for one in own(recording, "s3/bucketObjectv2:BucketObjectv2").values()}
    host, folder = url.removeprefix("https://"), ""
    for one in of_type(recording, "cloudfront/distribution:Distribution"):
        if one.outputs["domainName"] == host:
            (origin,) = inputs(one)["origins"]
            host, folder = origin["domainName"], origin["originPath"].removeprefix("/") + "/"
    assert host == f"{bucket['bucket']}.s3.us-west-2.amazonaws.com"
    public = {key.removeprefix(folder): json.loads(text) for key, text in objects.items() if key.startswith(folder)}
    return {path: document for path, document in public.items() if not path.startswith("cloudfront/")}


def documents(recording: Recording, kind: str) -> list[dict[str, Any]]:
    """Boot documents of a role."""
    found = [inputs(one).get("content", "{}") for one in of_type(recording, "s3/bucketObjectv2:BucketObjectv2")]
    parsed = [json.loads(text) for text in found if text.startswith("{")]
    return [one for one in parsed if one.get("role") == kind]


def test_by_default_a_distribution_reads_a_private_bucket_and_anyone_the_distribution() -> None:
    recording = plan()
    (block,) = own(recording, "s3/bucketPublicAccessBlock:BucketPublicAccessBlock").values()
    assert {block[name] for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls")} == {True}
    assert block["restrictPublicBuckets"] is True
    (registration,) = of_type(recording, "cloudfront/distribution:Distribution")
    distribution = inputs(registration)
    (policy,) = own(recording, "s3/bucketPolicy:BucketPolicy").values()
    (reader,) = [one for one in statements(json.loads(policy["policy"])) if one["Effect"] == "Allow"]
    assert reader["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert reader["Condition"] == {"StringEquals": {"aws:SourceArn": registration.outputs["arn"]}}
    assert reader["Action"] == "s3:GetObject"
    keys = {one["key"] for one in own(recording, "s3/bucketObjectv2:BucketObjectv2").values()}
    assert {arn.partition("/")[2] for arn in reader["Resource"]} == keys
    (access,) = of_type(recording, "cloudfront/originAccessControl:OriginAccessControl")
    assert distribution["origins"][0]["originAccessControlId"] == access.id
    assert (inputs(access)["signingBehavior"], inputs(access)["signingProtocol"]) == ("always", "sigv4")


def test_a_rotated_key_set_is_seen_after_five_minutes_and_nothing_waits_for_the_roll_out() -> None:
    (distribution,) = own(plan(), "cloudfront/distribution:Distribution").values()
    behavior = distribution["defaultCacheBehavior"]
    assert behavior["minTtl"] <= behavior["defaultTtl"] <= behavior["maxTtl"] <= 300
    assert behavior["viewerProtocolPolicy"] == "https-only"
    assert distribution["waitForDeployment"] is False
    assert distribution["tags"]["cluster"] == "staging"


def test_iam_does_not_connect_to_a_distribution_whose_name_may_not_resolve_yet() -> None:
    """With a thumbprint given it has no reason to: it is that of the authority in everybody's bundle."""
    bundle = ssl.create_default_context(cafile=str(Path(botocore.__file__).parent / "cacert.pem"))
    authorities = zip(bundle.get_ca_certs(), bundle.get_ca_certs(binary_form=True), strict=True)
    (root,) = {der for described, der in authorities if "'Amazon Root CA 1'" in str(described)}
    digest = hashlib.sha1(root).hexdigest()  # noqa: S324 - IAM's
    (provider,) = providers(plan()).values()
    assert provider["thumbprintLists"] == [digest]
    (provider,) = providers(plan(publish="bucket")).values()
    assert "thumbprintLists" not in provider


@pytest.mark.parametrize("issuer", STEPS, ids=["bucket", "bucket first", "cloudfront first", "cloudfront"])
def test_each_issuer_publishes_what_names_itself_and_the_first_signs(issuer: dict[str, Any]) -> None:
    recording = plan(**issuer)
    known = {one["url"]: one["tags"]["tripod:role"] for one in providers(recording).values()}
    for url in known:
        assert not url.endswith("/")
        found = served(recording, url)
        assert found[".well-known/openid-configuration"]["issuer"] == url
        assert found[".well-known/openid-configuration"]["jwks_uri"] == f"{url}/openid/v1/jwks"
        assert found["openid/v1/jwks"]["keys"]
    (document,) = documents(recording, "control-plane")
    assert {document["issuer"]} == {url for url, role in known.items() if role == "issuer"}
    assert {*document["accepted_issuers"]} == {url for url, role in known.items() if role == "accepted-issuer"}
    assert ("cloudfront.net" in document["issuer"]) is (issuer["publish"] == "cloudfront")


@pytest.mark.parametrize("issuer", STEPS, ids=["bucket", "bucket first", "cloudfront first", "cloudfront"])
def test_every_role_trusts_and_every_secret_denies_pods_of_each_issuer(issuer: dict[str, Any]) -> None:
    recording = plan(**issuer)
    hosts = {one["url"].removeprefix("https://") for one in providers(recording).values()}
    arns = {one.outputs["arn"] for one in of_type(recording, "iam/openIdConnectProvider:OpenIdConnectProvider")}
    trusts = [
        list(statements(json.loads(inputs(one)["assumeRolePolicy"])))
        for one in of_type(recording, "iam/role:Role")
        if "ServiceAccountRole" in one.urn
    ]
    assert trusts
    for trust in trusts:
        assert {one["Principal"]["Federated"] for one in trust} == arns
        claims = [key for one in trust for key in one["Condition"]["StringEquals"]]
        assert {key.rpartition(":")[0] for key in claims} == hosts
    for one in of_type(recording, "secretsmanager/secretPolicy:SecretPolicy"):
        denied = {json.dumps(part["Condition"]) for part in statements(json.loads(inputs(one)["policy"]))}
        assert all(any(arn in condition for condition in denied) for arn in arns)


def test_no_step_from_one_to_another_replaces_what_the_step_before_made() -> None:
    """An identity provider with another URL would be another one, and so would a bucket of another name."""
    recordings = [plan(**step) for step in STEPS]
    for before, after in pairwise(recordings):
        for type_, key in (
            ("iam/openIdConnectProvider:OpenIdConnectProvider", "url"),
            ("s3/bucket:Bucket", "bucket"),
            ("s3/bucketObjectv2:BucketObjectv2", "content"),
        ):
            old, new = own(before, type_), own(after, type_)
            assert {name: old[name][key] for name in old.keys() & new} == {
                name: new[name][key] for name in old.keys() & new
            }
            assert old.keys() & new
    assert names(recordings[1]) == names(recordings[2])


def test_a_bucket_that_publishes_by_itself_has_the_names_that_clusters_have() -> None:
    assert names(plan(publish="bucket")) == BUCKET_NAMES
    assert names(plan(publish="bucket", accepted=["cloudfront"])) > BUCKET_NAMES


def test_an_address_of_ones_own_needs_nothing_but_iams_provider() -> None:
    recording = plan(publish="url", url="https://id.example.com/staging")
    assert names(recording) == {"iam/openIdConnectProvider:OpenIdConnectProvider::cluster-issuer-url-provider"}
    (provider,) = providers(recording).values()
    assert provider["url"] == "https://id.example.com/staging"


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"publish": "url"}, ["url"]),
        ({"publish": "bucket", "accepted": ["url"]}, ["url"]),
        ({"url": "https://id.example.com"}, ["publish"]),
        ({"publish": "bucket", "url": "https://id.example.com"}, ["publish"]),
        ({"accepted": ["cloudfront"]}, ["accepted"]),
        ({"accepted": ["bucket", "bucket"]}, ["accepted"]),
        ({"publish": "s3"}, ["publish"]),
        ({"publish": "url", "url": "http://id.example.com"}, ["url"]),
        ({"publish": "url", "url": "https://id.example.com/"}, ["url"]),
        ({"publish": "url", "url": "https://id.example.com:8443"}, ["url"]),
        ({"publish": "url", "url": "https://id.example.com/a?b=c"}, ["url"]),
        ({"publish": "url", "url": "https://id.example.com/a/b"}, []),
    ],
)
def test_what_cannot_be_published_is_refused(values: dict[str, Any], where: list[str]) -> None:
    assert [problem.location for problem in IssuerSpec.read(values)[1]] == where


def test_the_refusal_says_what_must_be_served() -> None:
    (problem,) = IssuerSpec.read({"publish": "url"})[1]
    found = served(plan(publish="bucket"), providers(plan(publish="bucket"))["cluster-issuer-provider"]["url"])
    assert all(f"<url>/{path}" in problem.remedy for path in found)


@pytest.mark.parametrize(
    ("error", "explained"),
    [
        # As the provider reports it: hashicorp/terraform-provider-aws, pull request 36663.
        (
            "https response error StatusCode: 403, RequestID: 926c609c, AccessDenied: Your account must be verified",
            True,
        ),
        ("AccessDenied: not authorized to perform: cloudfront:CreateDistribution", False),
    ],
)
def test_an_account_that_is_not_verified_is_told_the_other_ways(
    error: str, explained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    failure = pulumi.ErrorHookArgs("urn", "", "x", "aws:cloudfront/distribution:Distribution", errors=[error])
    assert explain_refusal(failure) is False
    assert bool(said) is explained
    assert all("publish: bucket" in one and "publish: url" in one for one in said)
    page = (ROOT / "docs" / "first-deployment.md").read_text()
    assert "Your account must be verified" in page
