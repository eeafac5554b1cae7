"""Plans of rolls: the instances to replace, their order, the refusals."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.operations.fleets import NOW, START, changed, fleet, regrouped
from tripod.etcd.quorum import quorum
from tripod.operations.fleet import ORDER, Fleet, Node
from tripod.operations.roll.plan import RollOptions, roll_plan

EVERYTHING = ("etcd", "control-plane", "workers")


def planned(of: Fleet, choice: RollOptions | None = None) -> list[str]:
    plan = roll_plan(of, choice or RollOptions())
    assert plan.refusals == ()
    return [step.node.instance for step in plan.steps]


def refused(of: Fleet, choice: RollOptions | None = None) -> str:
    plan = roll_plan(of, choice or RollOptions())
    return "\n".join(str(refusal) for refusal in plan.refusals)


def test_a_cluster_that_runs_the_newest_templates_is_left_alone() -> None:
    assert planned(fleet()) == []


def test_members_come_first_and_their_leader_last_of_them_then_the_control_plane_then_workers() -> None:
    found = planned(fleet(stale=EVERYTHING, leader="1-0"))
    assert found == [
        "i-etcd-0-0-0",
        "i-etcd-2-0-0",
        "i-etcd-1-0-0",
        "i-control-plane-0-0",
        "i-control-plane-1-0",
        "i-control-plane-2-0",
        "i-workers-a-0",
        "i-workers-a-1",
        "i-workers-b-0",
        "i-workers-b-1",
    ]


def test_only_what_is_stale_is_replaced_and_the_reason_is_told() -> None:
    (step,) = roll_plan(fleet(stale=["control-plane-1"]), RollOptions()).steps
    assert (step.node.instance, step.role) == ("i-control-plane-1-0", "control-plane")
    assert step.why == "runs lt-1 1, the group launches lt-1 2"


@pytest.mark.parametrize(
    ("only", "found"),
    [
        ("etcd", ["i-etcd-1-0-0", "i-etcd-2-0-0", "i-etcd-0-0-0"]),
        ("workers-b", ["i-workers-b-0", "i-workers-b-1"]),
        ("control-plane", ["i-control-plane-0-0", "i-control-plane-1-0", "i-control-plane-2-0"]),
    ],
)
def test_a_role_or_a_group_may_be_chosen(only: str, found: list[str]) -> None:
    assert planned(fleet(stale=EVERYTHING), RollOptions(only)) == found


def test_a_choice_that_there_is_not_is_refused_with_what_there_is() -> None:
    assert "use one of etcd, control-plane, workers, control-plane-0" in refused(fleet(), RollOptions("masters"))


def test_all_is_what_was_launched_before_a_moment() -> None:
    moment = START + timedelta(minutes=2)
    assert planned(fleet(), RollOptions(launched_before=moment)) == ["i-etcd-1-0-0", "i-etcd-0-0-0"]


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (changed(fleet(stale=["etcd"]), "i-etcd-1-0-0", unhealthy="it is a learner still"), "it is a learner still"),
        (changed(fleet(stale=["workers-a"]), "i-etcd-1-0-0", unhealthy="x"), "etcd-1-0 i-etcd-1-0-0: x"),
        (replace(fleet(stale=["workers-a"]), etcd_unhealthy="two clusters"), "etcd: two clusters"),
        (
            changed(fleet(stale=["etcd"]), "i-control-plane-0-0", unhealthy="unhealthy"),
            "i-control-plane-0-0: unhealthy",
        ),
        (changed(fleet(stale=["workers-a"]), "i-workers-a-1", unhealthy="not ready"), "i-workers-a-1: not ready"),
        (changed(fleet(stale=["workers-a"]), "i-workers-a-1", state="Standby"), "it is Standby; put it back"),
        (changed(fleet(stale=["etcd"]), "i-etcd-2-0-0", state="Pending"), "it is Pending"),
        (regrouped(fleet(stale=["workers-a"]), "workers-a", size=3), "2 of 3 instances in service"),
        (
            regrouped(fleet(stale=["workers-a"]), "workers-a", suspended=frozenset({"Launch", "AZRebalance"})),
            "Launch is suspended",
        ),
        (replace(fleet(stale=["etcd"]), leader=""), "no member reports a leader"),
        (
            replace(fleet(stale=["etcd"]), members=("0-0", "1-0", "2-0", "3-0")),
            "member 3-0 of the topology has no group",
        ),
        (replace(fleet(stale=["etcd"]), members=("0-0", "1-0")), "member 2-0 is not in the topology"),
        (fleet(members=1, stale=["etcd"]), "with one away 0 are left, and 1 must agree"),
        (fleet(members=2, stale=["etcd"]), "with one away 1 are left, and 2 must agree"),
    ],
)
def test_a_roll_is_refused_where_something_is_not_well(of: Fleet, said: str) -> None:
    assert said in refused(of)


@pytest.mark.parametrize(("minutes", "passing"), [(14, True), (15, False)])
def test_an_instance_that_boots_is_waited_for_an_older_one_is_not(minutes: int, passing: bool) -> None:
    of = changed(
        fleet(stale=["etcd"]), "i-etcd-1-0-0", unhealthy="it is a learner", launched=NOW - timedelta(minutes=minutes)
    )
    unhealthy = [refusal for refusal in roll_plan(of, RollOptions()).refusals if refusal.evidence == "it is a learner"]
    assert [refusal.passing for refusal in unhealthy] == [passing]


def test_an_ill_worker_elsewhere_does_not_keep_a_group_from_being_rolled() -> None:
    of = changed(fleet(stale=["workers-a"]), "i-workers-b-0", unhealthy="not ready")
    assert planned(of) == ["i-workers-a-0", "i-workers-a-1"]


def test_an_ill_cluster_with_nothing_to_roll_is_not_refused() -> None:
    assert roll_plan(changed(fleet(), "i-etcd-0-0-0", unhealthy="x"), RollOptions()).refusals == ()


def test_what_goes_already_is_not_terminated_again() -> None:
    of = changed(fleet(stale=["workers-a"]), "i-workers-a-0", state="Terminating:Wait")
    assert [step.node.instance for step in roll_plan(of, RollOptions()).steps] == ["i-workers-a-1"]
    assert "it is Terminating:Wait" in refused(of)


def test_the_only_control_plane_node_is_replaced_with_a_warning() -> None:
    (step,) = roll_plan(fleet(control_plane=1, stale=["control-plane"]), RollOptions()).steps
    assert "the API is away" in step.note


reasons = st.sampled_from(("", "", "", "", "unhealthy"))
states = st.sampled_from(("InService",) * 6 + ("Pending", "Terminating:Wait", "Standby"))


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Any cluster, mostly well."""
    of = fleet(
        members=draw(st.integers(1, 7)),
        control_plane=draw(st.integers(1, 4)),
        workers={f"workers-{name}": draw(st.integers(0, 3)) for name in draw(st.sampled_from(("", "a", "ab")))},
        stale=draw(st.lists(st.sampled_from((*EVERYTHING, "etcd-0-0", "workers-a")), max_size=3)),
    )

    def drawn(node: Node) -> Node:
        return replace(node, unhealthy=draw(reasons), state=draw(states)) if draw(st.integers(0, 9)) == 0 else node

    leader = draw(st.sampled_from((*of.members, "")))
    return replace(of, nodes=tuple(drawn(node) for node in of.nodes), leader=leader)


choices = st.builds(
    RollOptions,
    st.sampled_from(("", "", *EVERYTHING)),
    st.none() | st.integers(0, 20).map(lambda minutes: START + timedelta(minutes=minutes)),
)


@given(fleets(), choices)
def test_whatever_the_cluster_the_order_holds_and_nobody_is_named_twice(of: Fleet, choice: RollOptions) -> None:
    steps = roll_plan(of, choice).steps
    assert [step.role for step in steps] == sorted((step.role for step in steps), key=ORDER.index)
    assert len({step.node.instance for step in steps}) == len(steps)
    members = [step.member for step in steps if step.role == "etcd"]
    if of.leader in members:
        assert members[-1] == of.leader
    groups = [step.node.group for step in steps]
    assert sum(1 for one, next_ in pairwise(groups) if one != next_) == max(len(set(groups)) - 1, 0)


@given(fleets(), choices)
def test_whatever_the_cluster_a_member_goes_only_from_full_health_to_a_quorum(of: Fleet, choice: RollOptions) -> None:
    plan = roll_plan(of, choice)
    if plan.refusals or not plan.steps:
        return
    well = [node for node in of.nodes if node.group.startswith("etcd") and node.in_service and not node.unhealthy]
    assert len(well) == len(of.members)
    if any(step.role == "etcd" for step in plan.steps):
        assert len(well) - 1 >= quorum(len(of.members))
    for step in plan.steps:
        assert all(node.in_service and not node.unhealthy for node in of.of_group(step.node.group))


@given(fleets(), choices)
def test_whatever_the_cluster_what_is_new_and_young_stays(of: Fleet, choice: RollOptions) -> None:
    named = {step.node.instance for step in roll_plan(of, choice).steps}
    for node in of.nodes:
        new = node.template == of.group(node.group).template
        young = choice.launched_before is None or node.launched >= choice.launched_before
        if new and young:
            assert node.instance not in named
