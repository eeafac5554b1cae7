from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import MEMBERS
from tripod.bootstrap.agent.etcd.membership import (
    Decision,
    Entry,
    Facts,
    Form,
    Join,
    Replace,
    Start,
    Stop,
    View,
    Wait,
    decide,
    initial_cluster,
)
from tripod.bootstrap.agent.etcd.urls import client_url, peer_url
from tripod.bootstrap.agent.host.filesystem import Content, Disk

NAMES = ("0-0", "1-0", "2-0", "3-0", "4-0")
FIVE = {name: f"10.0.{number}.16" for number, name in enumerate(NAMES)}
BLANK, EMPTY, DATA = Disk(Content.BLANK), Disk(Content.EMPTY), Disk(Content.DATA)
FOREIGN = Disk(Content.OTHER, "the volume is another's")


def entry(name: str, *, started: bool = True, learner: bool = False, members: dict[str, str] = MEMBERS) -> Entry:
    address = members[name]
    clients = (client_url(address),) if started else ()
    return Entry(100 + NAMES.index(name), name, (peer_url(address),), clients, learner)


def added(name: str) -> Entry:
    """A learner that was added and has not started: it has no name yet."""
    return replace(entry(name, started=False, learner=True), name="")


ALL = [entry(name) for name in MEMBERS]
OTHERS = [entry("1-0"), entry("2-0")]
FORMING = [entry("0-0", started=False), *OTHERS]
LEARNING = replace(entry("2-0"), learner=True)


def facts(**changed: Any) -> Facts:
    known: dict[str, Any] = {
        "member": "0-0",
        "address": MEMBERS["0-0"],
        "topology": MEMBERS,
        "disk": BLANK,
        "initialised": True,
        "view": View(quorum=True, entries=ALL),
    }
    return Facts(**{**known, **changed})


CASES: dict[str, tuple[Facts, type[Decision] | Decision]] = {
    # A first boot
    "first of a new cluster": (facts(initialised=False, view=None), Form()),
    "stopped after formatting": (facts(initialised=False, view=None, disk=EMPTY), Form()),
    "last of a new cluster": (facts(initialised=False, view=View(True, FORMING)), Form()),
    "needed by a new cluster that has lost another": (facts(initialised=False, view=View(False, FORMING)), Form()),
    "volume lost before anybody wrote down the majority": (facts(initialised=False), Replace(100)),
    "nor is there a majority": (facts(initialised=False, view=View(False, ALL)), Wait),
    "never listed, though nothing is written down": (facts(initialised=False, view=View(True, OTHERS)), Join()),
    "a learner of a cluster that nobody wrote down": (
        facts(initialised=False, view=View(True, [added("0-0"), *OTHERS])),
        Replace(100),
    ),
    "grown before anybody wrote down the majority": (
        facts(initialised=False, view=View(True, [entry("0-0", started=False), entry("1-0")])),
        Replace(100),
    ),
    # With data
    "restart": (facts(disk=DATA), Start()),
    "all restart at once": (facts(disk=DATA, view=None), Start()),
    "restart without a majority": (facts(disk=DATA, view=View(False, ALL)), Start()),
    "restart while forming": (facts(disk=DATA, initialised=False, view=None), Start()),
    "restart as a learner": (facts(disk=DATA, view=View(True, [added("0-0"), *OTHERS])), Start()),
    "removed by somebody": (facts(disk=DATA, view=View(True, OTHERS)), Stop),
    "not listed by a minority, which may know no better": (facts(disk=DATA, view=View(False, OTHERS)), Start()),
    # A lost volume
    "volume lost": (facts(), Replace(100)),
    "volume lost, formatted, stopped": (facts(disk=EMPTY), Replace(100)),
    "stopped after it had removed itself": (facts(disk=EMPTY, view=View(True, OTHERS)), Join()),
    "stopped after it had been added": (facts(disk=EMPTY, view=View(True, [added("0-0"), *OTHERS])), Replace(100)),
    "never came to the first boot": (facts(view=View(True, FORMING)), Replace(100)),
    "volume lost, others not there yet": (facts(view=None), Wait),
    "majority lost": (facts(view=View(False, ALL)), Wait),
    "volume lost while another learns": (facts(view=View(True, [entry("0-0"), entry("1-0"), LEARNING])), Wait),
    # Growth
    "new to a cluster": (facts(view=View(True, OTHERS)), Join()),
    "new, while another learns": (facts(view=View(True, [entry("1-0"), LEARNING])), Wait),
    "new, and nobody answers": (facts(view=None), Wait),
    # Wrong
    "foreign data": (facts(disk=FOREIGN), Stop("the volume is another's")),
    "foreign data in a new cluster": (facts(disk=FOREIGN, initialised=False, view=None), Stop),
    "not in the topology": (facts(member="9-0"), Stop),
    "with another address": (facts(address="10.0.192.99"), Stop),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_member_does(case: str) -> None:
    known, expected = CASES[case]
    decision = decide(known)
    if isinstance(expected, type):
        assert isinstance(decision, expected)
    else:
        assert decision == expected


def test_a_member_that_cannot_go_on_says_what_to_do() -> None:
    remedies = {
        "majority lost": "restore a snapshot",
        "volume lost, others not there yet": "start the other members",
        "new, while another learns": "wait for it, or remove it",
        "removed by somebody": "wipe the volume",
        "not in the topology": "pulumi up",
        "with another address": "launch template",
    }
    for case, remedy in remedies.items():
        decision = decide(CASES[case][0])
        assert isinstance(decision, (Stop, Wait))
        assert remedy in decision.reason


def test_one_learner_at_a_time_names_the_one_that_is_there() -> None:
    decision = decide(facts(view=View(True, [entry("1-0"), added("2-0")])))
    assert isinstance(decision, Wait)
    assert peer_url(MEMBERS["2-0"]) in decision.reason


def test_the_first_peers_are_those_of_the_topology_or_those_that_are_listed() -> None:
    assert initial_cluster(MEMBERS) == (
        "0-0=https://10.0.192.16:2380,1-0=https://10.0.200.16:2380,2-0=https://10.0.208.16:2380"
    )
    assert initial_cluster(MEMBERS, [entry("1-0"), added("0-0")]) == (
        "1-0=https://10.0.200.16:2380,0-0=https://10.0.192.16:2380"
    )


entries = st.lists(
    st.builds(
        entry,
        st.sampled_from(NAMES),
        started=st.booleans(),
        learner=st.booleans(),
        members=st.just(FIVE),
    ),
    unique_by=lambda one: one.id,
)
views = st.none() | st.builds(View, st.booleans(), entries)
disks = st.sampled_from([BLANK, EMPTY, DATA, FOREIGN])
situations = st.builds(
    Facts,
    member=st.sampled_from([*NAMES, "9-0"]),
    address=st.sampled_from([*FIVE.values(), "10.9.9.9"]),
    topology=st.sets(st.sampled_from(NAMES), min_size=1).map(lambda names: {name: FIVE[name] for name in names}),
    disk=disks,
    initialised=st.booleans(),
    view=views,
)


@given(situations)
def test_a_new_cluster_is_formed_only_where_none_ever_was(known: Facts) -> None:
    if isinstance(decide(known), Form):
        assert not known.initialised
        assert known.disk.content in (Content.BLANK, Content.EMPTY)
        own = known.view.member_at(known.address) if known.view else None
        assert known.view is None or (own is not None and not own.clients and not own.learner)


@given(situations)
def test_a_volume_is_written_to_only_where_it_has_no_data(known: Facts) -> None:
    if isinstance(decide(known), (Form, Replace, Join)):
        assert known.disk.content in (Content.BLANK, Content.EMPTY)


@given(situations)
def test_who_is_a_member_changes_only_with_a_majority_and_without_another_learner(known: Facts) -> None:
    decision = decide(known)
    if isinstance(decision, (Replace, Join)):
        assert known.view is not None
        assert known.view.quorum
        own = known.view.member_at(known.address)
        assert not [one for one in known.view.entries if one.learner and one != own]
        assert (own.id if own else None) == (decision.old if isinstance(decision, Replace) else None)


@given(situations)
def test_a_member_that_is_not_what_was_planned_does_nothing(known: Facts) -> None:
    planned = known.topology.get(known.member)
    if planned != known.address or known.disk.content is Content.OTHER:
        assert isinstance(decide(known), Stop)


@given(situations)
def test_data_are_started_with_unless_the_cluster_removed_them(known: Facts) -> None:
    if known.disk.content is Content.DATA and known.topology.get(known.member) == known.address:
        removed = known.view is not None and known.view.quorum and known.view.member_at(known.address) is None
        assert isinstance(decide(known), Stop if removed else Start)
