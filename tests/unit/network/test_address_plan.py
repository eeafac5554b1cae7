from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripod.network.addresses import (
    LONGEST_VPC_PREFIX,
    MEMBERS_PER_ZONE,
    SHORTEST_VPC_PREFIX,
    ZONE_SLOTS,
    AddressPlan,
    Tier,
    api_service_address,
    dns_service_address,
    member_address,
    member_reservation,
)
from tripod.network.zones import in_slot_order


def networks(shortest: int, longest: int) -> st.SearchStrategy[IPv4Network]:
    def within(prefix: int) -> st.SearchStrategy[IPv4Network]:
        return st.integers(0, 2 ** (prefix - 8) - 1).map(
            lambda place: IPv4Network(((10 << 24) + (place << (32 - prefix)), prefix))
        )

    return st.integers(shortest, longest).flatmap(within)


vpcs = networks(SHORTEST_VPC_PREFIX, LONGEST_VPC_PREFIX)
services = networks(12, 24)
slots = st.integers(0, ZONE_SLOTS - 1)


@given(vpcs)
def test_every_range_is_within_the_vpc_and_shares_no_address_with_another(vpc: IPv4Network) -> None:
    ranges = [range_ for tier in Tier for range_ in AddressPlan(vpc).tier(tier)]
    assert len(ranges) == len(Tier) * ZONE_SLOTS
    assert all(range_.subnet_of(vpc) for range_ in ranges)
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))


@given(vpcs)
def test_nodes_have_half_of_the_vpc_and_an_eighth_stays_free(vpc: IPv4Network) -> None:
    shares = {tier: sum(range_.num_addresses for range_ in AddressPlan(vpc).tier(tier)) for tier in Tier}
    assert shares[Tier.NODES] * 2 == vpc.num_addresses
    assert shares[Tier.PUBLIC] * 4 == vpc.num_addresses
    assert shares[Tier.CONTROL] * 8 == vpc.num_addresses
    *_, last = vpc.subnets(prefixlen_diff=3)
    assert not any(range_.overlaps(last) for tier in Tier for range_ in AddressPlan(vpc).tier(tier))


@given(vpcs, st.permutations(range(ZONE_SLOTS)), st.integers(1, ZONE_SLOTS - 1))
def test_a_zone_that_joins_moves_no_range_and_no_member(vpc: IPv4Network, given_slots: list[int], first: int) -> None:
    zones = dict(zip("abcd", given_slots, strict=True))
    plan = AddressPlan(vpc)

    def placed(count: int) -> set[tuple[str, str, str]]:
        ordered = in_slot_order(dict(list(zones.items())[:count]))
        subnets = {(zone, tier.value, str(plan.subnet(tier, slot))) for zone, slot in ordered for tier in Tier}
        members = {(zone, "member", str(member_address(plan.subnet(Tier.CONTROL, slot), 0))) for zone, slot in ordered}
        return subnets | members

    assert placed(first) < placed(first + 1)


def test_the_plan_is_an_api_so_that_it_never_changes() -> None:
    plan = AddressPlan(IPv4Network("10.0.0.0/16"))
    assert {(tier.value, slot): str(plan.subnet(tier, slot)) for tier in Tier for slot in (0, 3)} == {
        ("public", 0): "10.0.128.0/20",
        ("public", 3): "10.0.176.0/20",
        ("nodes", 0): "10.0.0.0/19",
        ("nodes", 3): "10.0.96.0/19",
        ("control", 0): "10.0.192.0/21",
        ("control", 3): "10.0.216.0/21",
    }


@pytest.mark.parametrize("slot", [-1, ZONE_SLOTS])
def test_a_slot_that_does_not_exist_has_no_range(slot: int) -> None:
    with pytest.raises(ValueError, match=f"slot {slot} "):
        AddressPlan(IPv4Network("10.0.0.0/16")).subnet(Tier.NODES, slot)


@given(vpcs, slots)
def test_members_have_addresses_of_their_own_in_what_is_reserved(vpc: IPv4Network, slot: int) -> None:
    subnet = AddressPlan(vpc).subnet(Tier.CONTROL, slot)
    reservation = member_reservation(subnet)
    addresses = [member_address(subnet, ordinal) for ordinal in range(MEMBERS_PER_ZONE)]
    assert len(set(addresses)) == MEMBERS_PER_ZONE
    assert all(address in reservation for address in addresses)


@given(vpcs, slots)
def test_no_member_has_an_address_that_aws_keeps_for_itself(vpc: IPv4Network, slot: int) -> None:
    subnet = AddressPlan(vpc).subnet(Tier.CONTROL, slot)
    kept = {*(subnet[place] for place in range(4)), subnet.broadcast_address}
    assert kept.isdisjoint(member_address(subnet, ordinal) for ordinal in range(MEMBERS_PER_ZONE))
    assert kept.isdisjoint(member_reservation(subnet))


@given(vpcs, slots)
def test_a_control_subnet_has_room_besides_the_members(vpc: IPv4Network, slot: int) -> None:
    subnet = AddressPlan(vpc).subnet(Tier.CONTROL, slot)
    assert subnet.prefixlen <= 26
    assert member_reservation(subnet).prefixlen == 28


@pytest.mark.parametrize("ordinal", [-1, MEMBERS_PER_ZONE])
def test_a_member_beyond_what_is_reserved_has_no_address(ordinal: int) -> None:
    with pytest.raises(ValueError, match=f"ordinal {ordinal} "):
        member_address(IPv4Network("10.0.192.0/21"), ordinal)


@given(services)
def test_the_api_is_the_first_and_dns_the_tenth_address_of_services(service_range: IPv4Network) -> None:
    assert int(api_service_address(service_range)) == int(service_range.network_address) + 1
    assert int(dns_service_address(service_range)) == int(service_range.network_address) + 10
    assert dns_service_address(service_range) in service_range
