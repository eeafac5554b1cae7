"""Binaries and images of nodes: pinned, verified, and from a mirror if there is one."""

import re
from typing import Any

import pytest

from tripod.bootstrap.agent.instance.documents import ImageSupply
from tripod.bootstrap.documents import image_supply
from tripod.core.problems import ConfigurationError
from tripod.supply.binaries import RELEASES, digest_problems, download_url, downloads, etcd_binaries, node_binaries
from tripod.supply.images import mirrored_image
from tripod.supply.pins import ARCHITECTURES, known_digests
from tripod.supply.spec import SupplySpec
from tripod.supply.versions import ETCD, KUBERNETES, PAUSE

DIGEST = "0" * 64


def test_every_default_version_has_a_digest_for_each_architecture() -> None:
    wanted = {**etcd_binaries(ETCD), **node_binaries(KUBERNETES, ecr=True)}
    assert wanted.keys() == RELEASES.keys()
    assert list(digest_problems(wanted, {}, ARCHITECTURES, ("versions",))) == []
    for found in downloads(wanted, None, {}).values():
        assert found.keys() == set(ARCHITECTURES)
        assert all(re.fullmatch(r"[0-9a-f]{64}", one["sha256"]) for one in found.values())


def test_no_digest_is_given_twice() -> None:
    digests = [digest for versions in known_digests().values() for two in versions.values() for digest in two.values()]
    assert len(set(digests)) == len(digests) > 100


@pytest.mark.parametrize(
    ("name", "version", "published"),
    [
        ("etcd", "3.6.14", "https://github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-arm64.tar.gz"),
        ("kubelet", "1.36.4", "https://dl.k8s.io/release/v1.36.4/bin/linux/arm64/kubelet"),
        (
            "containerd",
            "2.3.4",
            "https://github.com/containerd/containerd/releases/download/v2.3.4/containerd-2.3.4-linux-arm64.tar.gz",
        ),
        ("runc", "1.4.3", "https://github.com/opencontainers/runc/releases/download/v1.4.3/runc.arm64"),
        (
            "ecr-credential-provider",
            "1.31.7",
            "https://artifacts.k8s.io/binaries/cloud-provider-aws/v1.31.7/linux/arm64/ecr-credential-provider-linux-arm64",
        ),
        (
            "cni-plugins",
            "1.9.1",
            "https://github.com/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-arm64-v1.9.1.tgz",
        ),
    ],
)
def test_binaries_come_from_where_their_project_publishes_them(name: str, version: str, published: str) -> None:
    assert download_url(name, version, "arm64", None) == published


@pytest.mark.parametrize("name", RELEASES)
def test_with_a_mirror_every_binary_comes_from_it(name: str) -> None:
    mirror = "https://mirror.example.com/tripod"
    found = download_url(name, "1.2.3", "amd64", mirror)
    assert found.startswith(f"{mirror}/")
    assert found.removeprefix(mirror) in download_url(name, "1.2.3", "amd64", None)


def test_a_version_without_a_digest_is_refused_until_one_is_given() -> None:
    (problem,) = digest_problems({"etcd": "3.6.99"}, {}, ("arm64",), ("versions", "etcd"))
    assert problem.path == ("versions", "etcd")
    assert "supply.digests.etcd.3.6.99" in problem.remedy
    given = {"etcd": {"3.6.99": {"arm64": DIGEST}}}
    assert list(digest_problems({"etcd": "3.6.99"}, given, ("arm64",), ())) == []
    assert downloads({"etcd": "3.6.99"}, None, given, ("arm64",))["etcd"]["arm64"]["sha256"] == DIGEST
    (other,) = digest_problems({"etcd": "3.6.99"}, given, ARCHITECTURES, ())
    assert "amd64" in other.remedy


def test_an_own_digest_wins_over_a_known_one() -> None:
    found = downloads({"etcd": ETCD}, None, {"etcd": {ETCD: {"amd64": DIGEST}}}, ("amd64",))
    assert found["etcd"]["amd64"]["sha256"] == DIGEST


def test_every_image_of_a_mirrored_registry_comes_from_the_mirror() -> None:
    mirrors = {"registry.k8s.io": "mirror.example.com/k8s"}
    assert mirrored_image("registry.k8s.io/coredns/coredns:v1", mirrors) == "mirror.example.com/k8s/coredns/coredns:v1"
    assert mirrored_image("quay.io/cilium/cilium:v1", mirrors) == "quay.io/cilium/cilium:v1"
    pause = f"mirror.example.com/k8s/pause:{PAUSE}"
    assert image_supply(mirrors) == ImageSupply("mirror.example.com/k8s", pause, mirrors)
    assert image_supply({}).pause == f"registry.k8s.io/pause:{PAUSE}"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"binaries": "http://mirror.example.com"}, ("binaries",)),
        ({"binaries": "https://mirror.example.com/"}, ("binaries",)),
        ({"images": {"registry.k8s.io": "https://mirror.example.com"}}, ("images", "registry.k8s.io")),
        ({"digests": {"etdc": {"3.6.99": {"amd64": DIGEST}}}}, ("digests", "etdc")),
        ({"digests": {"etcd": {"3.6.99": {"x86": DIGEST}}}}, ("digests", "etcd", "3.6.99", "x86")),
        ({"digests": {"etcd": {"3.6.99": {"amd64": "abc"}}}}, ("digests", "etcd", "3.6.99", "amd64")),
    ],
)
def test_what_cannot_be_a_supply_is_refused(given: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        SupplySpec.load(given)
    assert [problem.path for problem in refusal.value.problems] == [path]


# kubernetes/kops at 268927e, pkg/assets/assetdata/ecr.yaml.
ECR_PROVIDER = {
    "amd64": "7644623e4ec9ad443ab352a8a5800a5180ee28741288be805286ba72bb8e7164",
    "arm64": "1980e3a038cb16da48a137743b31fb81de6c0b59fa06c206c2bc20ce0a52f849",
}


def test_the_credential_provider_is_the_one_that_kops_installs() -> None:
    (digests,) = known_digests()["ecr-credential-provider"].values()
    assert digests == ECR_PROVIDER
    assert "ecr-credential-provider" not in node_binaries(KUBERNETES)


@pytest.mark.parametrize("name", ["shop/*", "*", "web", "arn:aws-cn:ecr:cn-north-1:123456789012:repository/shop/web"])
def test_repositories_are_names_or_arns(name: str) -> None:
    assert SupplySpec.read({"ecrRepositories": [name]})[1] == []


@pytest.mark.parametrize("name", ["123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1", "Shop", "", "arn:aws:s3:::web"])
def test_a_repository_that_is_none_is_refused(name: str) -> None:
    assert [one.location for one in SupplySpec.read({"ecrRepositories": [name]})[1]] == ["ecrRepositories[0]"]
