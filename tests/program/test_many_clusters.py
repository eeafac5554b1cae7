"""Several clusters in one region, and in one program."""

from collections import Counter

import pytest

from support.stacks.clusters import clusters
from support.stacks.planned import changed, inputs, planned, put, settings_of, shared_plan
from tripod.rehearsal.program import Recording

NAMED = ("name", "bucket", "identifier", "url")
"""Inputs that give a resource a name of its own in the account, the region or the world."""

WITHIN_ANOTHER = {
    "aws:autoscaling/lifecycleHook:LifecycleHook",  # of a group
    "aws:iam/rolePolicy:RolePolicy",  # of a role
    "aws:s3/bucketObjectv2:BucketObjectv2",  # of a bucket
}


def _physical_names(recording: Recording) -> Counter[tuple[str, str]]:
    return Counter(
        (one.type, str(inputs(one)[key]))
        for one in recording.registrations.values()
        if one.type.startswith("aws:") and one.type not in WITHIN_ANOTHER and not one.type.startswith("aws:s3/bucket")
        for key in NAMED
        if key in inputs(one)
    ) + Counter(
        (one.type, str(inputs(one)["bucket"]))
        for one in recording.registrations.values()
        if one.type == "aws:s3/bucket:Bucket"
    )


def test_two_clusters_of_one_region_share_no_name() -> None:
    other = changed("staging", put("tripod:cluster.name", "second"))
    first, second = _physical_names(planned("staging")), _physical_names(shared_plan(other, "second"))
    assert first.keys() & second.keys() == set()


def test_a_cluster_made_again_under_its_name_meets_nothing_that_the_first_left_behind() -> None:
    """What a destroy leaves behind bears the incarnation, which is another one's in another stack."""
    first, again = planned("staging"), shared_plan(settings_of("staging"), "again")

    def kept(recording: Recording) -> set[str]:
        return {
            str(inputs(one)[key])
            for one in recording.registrations.values()
            if one.retain
            for key in NAMED
            if key in inputs(one)
        }

    assert kept(first)
    assert kept(first) & kept(again) == set()


def test_names_of_one_cluster_are_unique() -> None:
    assert [name for name, count in _physical_names(planned("production")).items() if count > 1] == []


def test_several_clusters_live_in_one_program() -> None:
    recording = clusters(3)
    assert len(recording.registrations) == 3 * len(clusters(1).registrations)
    assert [name for name, count in _physical_names(recording).items() if count > 1] == []


@pytest.mark.parametrize("name", ["a", "a-cluster-with-a-long-name"[:24], "exactly-twenty-four-char"])
def test_a_long_name_stays_within_every_limit(name: str) -> None:
    recording = shared_plan(changed("staging", put("tripod:cluster.name", name)))
    limits = {
        "aws:lb/loadBalancer:LoadBalancer": 32,
        "aws:lb/targetGroup:TargetGroup": 32,
        "aws:iam/role:Role": 64,
        "aws:s3/bucket:Bucket": 63,
        "aws:rds/instance:Instance": 63,
    }
    for type_, physical in _physical_names(recording):
        assert len(physical) <= limits.get(type_, 255), (type_, physical)
