"""Settings of a cut-over: a name whose traffic moves from an old load balancer to the cluster."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from tripod.core.problems import Path, Problem, short_name_problems
from tripod.core.spec import Spec, Whole
from tripod.dns.domains import domain_problems, within

MAX_TTL = 172_800
"""Seconds: two days, Route 53's recommended maximum."""

MAX_LOWERED_TTL = 300
"""Seconds: resolvers must query again at least this often during a cut-over."""


class TargetSpec(Spec):
    """A load balancer as the target of a name."""

    dns_name: str
    """Its DNS name. Never an address: AWS may change it."""
    hosted_zone_id: str | None = None
    """Its hosted zone in ELB, for an alias; by default the record is a CNAME."""

    def _rules(self) -> Iterator[Problem]:
        yield from domain_problems(self.dns_name, ("dns_name",))
        if self.hosted_zone_id is not None:
            yield from zone_id_problems(self.hosted_zone_id, ("hosted_zone_id",))


class CutoverHealthSpec(Spec):
    """HTTP health check of the new side."""

    path: str = "/"
    """The path; a status from 200 to 399 is healthy."""
    scheme: Literal["https", "http"] = "https"
    """The scheme; with https the certificate must be valid for the name."""
    port: Whole | None = None
    """The port; by default the scheme's."""
    route53: bool = True
    """If true, Route 53 checks it too, from the Internet. Turn it off for a private zone, which it cannot reach."""

    @property
    def effective_port(self) -> int:
        """The port of the check, with the scheme's default."""
        return self.port or (443 if self.scheme == "https" else 80)

    def _rules(self) -> Iterator[Problem]:
        if not re.fullmatch(r"/[\x21-\x7e]{0,254}", self.path):
            yield Problem(("path",), repr(self.path), "a path such as /healthz", "begin it with a slash")
        if self.port is not None and not 1 <= self.port <= 65535:
            yield Problem(("port",), str(self.port), "1 to 65535", "correct the port")


class CutoverSpec(Spec):
    """A name whose traffic moves from an old load balancer to the cluster, by weights, in steps."""

    name: str
    """Its name, in resource names and for `tripod cutover`."""
    host: str
    """The name that moves, such as shop.example.com."""
    zone: str
    """The name of the hosted zone, such as example.com."""
    zone_id: str
    """The id of the hosted zone."""
    stage: Literal["test", "weights", "finished"] = "test"
    """The declared records: test, the test name alone; weights, both sides' too; finished, the new side alone."""
    test_host: str
    """A name for the new side alone, whatever the weights: test it before any traffic moves."""
    test_zone_id: str | None = None
    """The id of the test name's zone, if it is another."""
    old: TargetSpec | None = None
    """The old load balancer; omit it once the cut-over is finished."""
    new: TargetSpec | None = None
    """The cluster's load balancer; in a stack file by default its ingress', until stage: finished."""
    steps: tuple[Whole, ...] = (1, 5, 10, 25, 50, 75, 100)
    """The new side's share after each step, in percent."""
    hold_minutes: Whole = 1440
    """Minimum minutes before the next step. By default a day: about a week in all."""
    lowered_ttl: Whole = 60
    """Record TTL in seconds during the cut-over. An alias always has AWS' 60 seconds."""
    ttl: Whole = 300
    """Record TTL in seconds once the cut-over is finished."""
    keep_days: Whole = 7
    """Days to keep the old side after its weight is 0: not all caches respect a TTL."""
    health: CutoverHealthSpec = CutoverHealthSpec()
    """HTTP health check of the new side."""

    def _rules(self) -> Iterator[Problem]:
        yield from short_name_problems(self.name, 30, ("name",))
        yield from self._name_problems()
        yield from self._target_problems()
        yield from step_problems(self.steps, ("steps",))
        yield from self._time_problems()

    def _name_problems(self) -> Iterator[Problem]:
        for field in ("host", "zone", "test_host"):
            yield from domain_problems(getattr(self, field), (field,))
        yield from zone_id_problems(self.zone_id, ("zone_id",))
        if self.test_zone_id is not None:
            yield from zone_id_problems(self.test_zone_id, ("test_zone_id",))
        if not list(domain_problems(self.host, ())) and not within(self.host, self.zone):
            yield Problem(("host",), repr(self.host), f"a name in {self.zone}", "correct the name or the zone")
        if self.test_host == self.host:
            yield Problem(("test_host",), repr(self.test_host), "another name than host", "choose a name to test first")
        elif self.test_zone_id is None and not within(self.test_host, self.zone):
            yield Problem(("test_host",), repr(self.test_host), f"a name in {self.zone}", "give testZoneId too")

    def _target_problems(self) -> Iterator[Problem]:
        if self.stage == "finished" and self.old is not None:
            yield Problem(("old",), repr(self.old.dns_name), "none with stage: finished", "remove the key")
        if self.stage != "finished" and self.old is None:
            yield Problem(("old",), "nothing", "the old load balancer", "give the name's present target")
        if self.old and self.new:
            yield from pair_problems(self.old, self.new)
        for field, target in (("old", self.old), ("new", self.new)):
            if target and target.hosted_zone_id is None and self.host == self.zone:
                yield Problem(
                    (field, "hosted_zone_id"),
                    "nothing, for the zone's own name",
                    "an alias: DNS has no CNAME at the top of a zone",
                    "give the load balancer's hosted zone",
                )

    def _time_problems(self) -> Iterator[Problem]:
        if not 1 <= self.lowered_ttl <= MAX_LOWERED_TTL:
            allowed = f"1 to {MAX_LOWERED_TTL} seconds"
            yield Problem(("lowered_ttl",), str(self.lowered_ttl), allowed, "lower it: a rollback takes as long")
        if not self.lowered_ttl <= self.ttl <= MAX_TTL:
            yield Problem(("ttl",), str(self.ttl), f"from loweredTtl to {MAX_TTL} seconds", "change it")
        if self.hold_minutes * 60 < self.lowered_ttl or self.hold_minutes < 1:
            yield Problem(
                ("hold_minutes",),
                str(self.hold_minutes),
                "a minute or more, and no less than loweredTtl",
                "hold a share until resolvers have queried again",
            )
        if not 1 <= self.keep_days <= 90:
            yield Problem(("keep_days",), str(self.keep_days), "1 to 90", "keep the old side for some days")


def zone_id_problems(id_: str, path: Path) -> Iterator[Problem]:
    """Find an invalid id of a hosted zone."""
    if not re.fullmatch(r"[A-Z0-9]{1,32}", id_):
        yield Problem(path, repr(id_), "an id such as Z0123456789ABCDEFGHIJ", "correct the id")


def pair_problems(old: TargetSpec, new: TargetSpec) -> Iterator[Problem]:
    """Find two sides that cannot have records of one name."""
    if old.dns_name == new.dns_name:
        yield Problem(("new", "dns_name"), repr(new.dns_name), "another load balancer than the old", "correct it")
    yield from kind_problems(old.hosted_zone_id is not None, new.hosted_zone_id is not None)


def kind_problems(old_is_alias: bool, new_is_alias: bool) -> Iterator[Problem]:
    """Find an alias beside a CNAME: records that share a name must have the same type."""
    if old_is_alias != new_is_alias:
        yield Problem(
            ("new", "hosted_zone_id"),
            "an alias beside a CNAME" if new_is_alias else "a CNAME beside an alias",
            "the same kind for both sides: records that share a name are of one type",
            "give hostedZoneId to both or to neither",
        )


def step_problems(steps: Sequence[int], path: Path) -> Iterator[Problem]:
    """Find steps that do not rise to 100 percent."""
    if len(steps) < 2 or any(after <= before for before, after in pairwise((0, *steps))) or steps[-1] != 100:
        yield Problem(
            path,
            ", ".join(str(step) for step in steps) or "none",
            "two shares or more, each above the one before, from 1 to 100, the last 100",
            "write rising shares, such as 1, 10, 50, 100",
        )


def cutover_problems(cutovers: Sequence[CutoverSpec], path: Path) -> Iterator[Problem]:
    """Find conflicts of cut-overs among themselves.

    Args:
        cutovers: the cut-overs.
        path: their place in the configuration.
    """
    names = Counter(one.name for one in cutovers)
    hosts = Counter(host for one in cutovers for host in {one.host, one.test_host})
    for position, one in enumerate(cutovers):
        if names[one.name] > 1:
            yield Problem((*path, position, "name"), repr(one.name), "a name that no other cut-over has", "rename one")
        for field in ("host", "test_host"):
            host: str = getattr(one, field)
            if hosts[host] > 1:
                yield Problem((*path, position, field), repr(host), "a name of one cut-over alone", "remove one")


def excluded_names(cutovers: Sequence[CutoverSpec], zones: Sequence[str] = ()) -> tuple[str, ...]:
    """List names that external-dns must not manage: the names that move, and the test names.

    Each covers itself and all names below it, as external-dns' ``--exclude-domains`` does; the TXT record with the
    times is below the name that moves.

    Args:
        cutovers: the cut-overs.
        zones: only names in these; by default all.
    """
    names = {host for one in cutovers for host in (one.host, one.test_host)}
    return tuple(sorted(name for name in names if not zones or any(within(name, zone) for zone in zones)))
