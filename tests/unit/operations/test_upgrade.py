"""Upgrades: one minor at a time, in order, and never through versions that may not run together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripod.cli.output.operations import digest_lines
from tripod.operations.errors import RefusedError
from tripod.operations.upgrade.plan import (
    ETCD_KEY,
    KUBERNETES_KEY,
    WORKERS_KEY,
    RunningVersions,
    UpgradeStep,
    Versions,
    unknown_digests,
    upgrade_plan,
)
from tripod.supply.versions import parse_version, skew_problems

NOW = Versions("1.36.4", "1.36.4", "3.6.14")
SAME = RunningVersions(frozenset({"1.36.4"}), frozenset({"1.36.4"}), frozenset({"3.6.14"}))


def steps(
    target: str, now: Versions = NOW, running: RunningVersions = SAME, etcd: str = ""
) -> list[tuple[str, dict[str, str]]]:
    return [(one.does, dict(one.keys)) for one in upgrade_plan("production", now, running, target, etcd)]


def refused(target: str, now: Versions = NOW, running: RunningVersions = SAME, etcd: str = "") -> str:
    with pytest.raises(RefusedError) as told:
        upgrade_plan("production", now, running, target, etcd)
    return str(told.value)


def test_a_minor_is_the_control_plane_with_workers_held_back_then_workers() -> None:
    assert steps("1.37.2") == [
        ("control plane 1.36.4 → 1.37.2", {KUBERNETES_KEY: "1.37.2", WORKERS_KEY: "1.36.4"}),
        ("workers 1.36.4 → 1.37.2", {WORKERS_KEY: "1.37.2"}),
    ]


def test_etcd_comes_first_where_it_is_wanted() -> None:
    found = steps("1.36.6", etcd="3.6.16")
    assert found[0] == ("etcd 3.6.14 → 3.6.16", {ETCD_KEY: "3.6.16"})
    assert [does.split()[0] for does, _ in found] == ["etcd", "control", "workers"]


def test_each_step_names_what_to_run() -> None:
    (first, *_) = upgrade_plan("production", NOW, SAME, "1.37.2")
    assert first.commands == (
        "pulumi up --stack production",
        "tripod roll production --only control-plane",
        "tripod roll production --only control-plane --yes",
    )


def test_what_runs_already_needs_no_step() -> None:
    assert steps("1.36.4") == []


def test_workers_that_lag_behind_go_first_where_they_would_be_too_old() -> None:
    now = Versions("1.36.4", "1.33.9", "3.6.14")
    running = RunningVersions(frozenset({"1.36.4"}), frozenset({"1.33.9"}), frozenset({"3.6.14"}))
    assert [does for does, _ in steps("1.37.2", now, running)] == [
        "workers 1.33.9 → 1.36.4",
        "control plane 1.36.4 → 1.37.2",
        "workers 1.36.4 → 1.37.2",
    ]
    assert next(does for does, _ in steps("1.36.6", now, running)).startswith("control plane")


def test_an_unfinished_roll_is_finished_first() -> None:
    now = Versions("1.37.2", "1.36.4", "3.6.14")
    running = RunningVersions(frozenset({"1.36.4", "1.37.2"}), frozenset({"1.36.4"}), frozenset({"3.6.14"}))
    found = upgrade_plan("production", now, running, "1.37.2")
    assert [(one.does, dict(one.keys)) for one in found] == [
        ("finish the roll of control-plane from 1.36.4 to 1.37.2", {}),
        ("workers 1.36.4 → 1.37.2", {WORKERS_KEY: "1.37.2"}),
    ]
    assert found[0].commands[0] == "tripod roll production --only control-plane"


@pytest.mark.parametrize(
    ("target", "now", "running", "etcd", "said"),
    [
        ("1.38.0", NOW, SAME, "", "skips minor versions from 1.36.4"),
        ("1.38.0", NOW, SAME, "", "newest 1.37 first"),
        ("2.0.0", NOW, SAME, "", "skips minor versions"),
        ("1.36.3", NOW, SAME, "", "a downgrade from 1.36.4"),
        ("1.35.9", NOW, SAME, "", "tripod restore"),
        ("1.38.1", Versions("1.37.2", "1.37.2", "3.6.14"), RunningVersions(), "", "knows 1.36, 1.37"),
        ("v1.37", NOW, SAME, "", "is not a version such as"),
        ("1.37.2", NOW, SAME, "3.6.11", "3.6.11 is a downgrade from 3.6.14"),
        ("1.37.2", NOW, SAME, "3.8.0", "3.8.0 skips minor versions"),
        ("1.37.2", NOW, SAME, "3.7.3", "3.7.3 is not for Kubernetes 1.36.4"),
        (
            "1.37.2",
            Versions("1.37.0", "1.37.0", "3.6.9"),
            RunningVersions(),
            "3.7.3",
            "upgrade etcd to 3.6.11 or newer first",
        ),
        (
            "1.37.2",
            NOW,
            RunningVersions(frozenset({"1.37.2"})),
            "",
            "an instance runs 1.37.2, the stack file says 1.36.4",
        ),
        ("1.37.2", NOW, RunningVersions(frozenset({"1.34.2"})), "", "minors were skipped"),
    ],
)
def test_an_upgrade_is_refused_with_its_reason(
    target: str, now: Versions, running: RunningVersions, etcd: str, said: str
) -> None:
    assert said in refused(target, now, running, etcd)


def test_etcd_may_follow_where_both_versions_know_it() -> None:
    now = Versions("1.37.0", "1.37.0", "3.6.14")
    assert steps("1.37.2", now, RunningVersions(), "3.7.3")[0] == ("etcd 3.6.14 → 3.7.3", {ETCD_KEY: "3.7.3"})


kubernetes = st.tuples(st.integers(33, 39), st.integers(1, 9)).map(lambda pair: f"1.{pair[0]}.{pair[1]}")
etcds = st.sampled_from(("", "3.6.11", "3.6.14", "3.6.16", "3.7.0", "3.7.3", "3.8.0"))


def minors(step_from: Versions, step: UpgradeStep) -> int:
    pairs = (
        (step_from.kubernetes, step.after.kubernetes),
        (step_from.etcd, step.after.etcd),
    )
    return max(parse_version(after).minor - parse_version(before).minor for before, after in pairs)


@given(kubernetes, kubernetes, etcds.filter(bool), kubernetes, etcds)
def test_every_plan_passes_only_through_versions_that_may_run_together(
    control_plane: str, workers: str, etcd: str, target: str, wanted_etcd: str
) -> None:
    now = Versions(control_plane, workers, etcd)
    if any(skew_problems(control_plane, workers, etcd)):
        return
    try:
        plan = upgrade_plan("s", now, RunningVersions(), target, wanted_etcd)
    except RefusedError:
        return
    before = now
    for step in plan:
        after = step.after
        assert not any(skew_problems(after.kubernetes, after.workers, after.etcd)), step
        assert minors(before, step) <= 1
        assert len([1 for one in ("kubernetes", "workers", "etcd") if getattr(before, one) != getattr(after, one)]) == 1
        for field in ("kubernetes", "workers", "etcd"):
            assert parse_version(getattr(after, field)) >= parse_version(getattr(before, field))
        before = after
    assert before == Versions(target, target, wanted_etcd or etcd)
    roles = [step.commands[-1].split()[4] for step in plan if "finish" not in step.does]
    assert "etcd" not in roles[1:]
    assert not roles or roles[-1] != "control-plane" or workers == target


def test_what_the_stack_file_says_after_each_step_is_what_the_settings_allow() -> None:
    """But for digests, which a person has to fetch; the plan names them all."""
    found = upgrade_plan("production", NOW, SAME, "1.37.2", "3.6.14")
    known = {"kubelet": {"1.37.2": {"amd64": "a" * 64, "arm64": "a" * 64}}}
    assert {one.binary for one in unknown_digests(found, {})} == {"kubelet", "kubeadm", "kubectl"}
    assert {one.binary for one in unknown_digests(found, known)} == {"kubeadm", "kubectl"}
    assert unknown_digests(upgrade_plan("production", NOW, SAME, "1.36.4"), {}) == []
    lines = digest_lines(unknown_digests(found, known), "production", "tripod")
    assert lines[:3] == ["Pulumi.production.yaml", "  tripod:supply:", "    digests:"]
    assert lines[3] == "      kubeadm:"
    assert lines[4].endswith("SHA256}   # of https://dl.k8s.io/release/v1.37.2/bin/linux/ARCHITECTURE/kubeadm")
    for step in found:
        assert [*skew_problems(step.after.kubernetes, step.after.workers, step.after.etcd)] == []
