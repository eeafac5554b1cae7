"""Settings of teams' namespaces."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from tripod.addons.framework.spec import AddOnSpec
from tripod.core.patterns import DNS_LABEL
from tripod.core.problems import MapKey, Path, Problem
from tripod.core.spec import Spec
from tripod.database.spec import SecretSourceSpec

_QUANTITY = r"[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?"


def name_problems(name: str, path: Path) -> Iterator[Problem]:
    """Problem of a name that is not a DNS label."""
    if not re.fullmatch(DNS_LABEL, name):
        yield Problem(path, repr(name), "lower-case letters, digits, hyphens; at most 63", "change the name")


def quantity_problems(text: str, path: Path) -> Iterator[Problem]:
    """Problem of a text that is not a quantity of Kubernetes."""
    if not re.fullmatch(_QUANTITY, text):
        yield Problem(path, repr(text), "a quantity such as 500m or 2Gi", "correct it")


class RegistrySpec(Spec):
    """A registry that requires credentials."""

    name: str
    """Its name in these settings."""
    server: str
    """Its host, as images' names begin."""
    credentials: SecretSourceSpec
    """JSON with username and password."""

    def _rules(self) -> Iterator[Problem]:
        yield from name_problems(self.name, ("name",))
        if not re.fullmatch(r"[a-z0-9.-]+(:\d+)?", self.server):
            yield Problem(("server",), repr(self.server), "a host such as registry.example.com", "write the host alone")


class TeamNamespaceSpec(Spec):
    """A team's namespace, with default-deny in both directions."""

    name: str
    """Its name."""
    level: Literal["baseline", "restricted"] = "restricted"
    """Pod Security level."""
    memory: str = "256Mi"
    """Default memory limit of a container."""
    quota: dict[str, str] = Field(default_factory=dict)
    """Resource quota of all its pods, such as requests.memory: 8Gi."""
    service_accounts: tuple[str, ...] = ("default",)
    """Service accounts whose pods pull with the namespace's registry credentials."""
    registries: tuple[str, ...] = ()
    """The registries that its images come from, of those listed in registries."""

    def _rules(self) -> Iterator[Problem]:
        yield from name_problems(self.name, ("name",))
        if self.name in ("default", "ingress") or self.name.startswith(("kube-", "external-dns-", "cert-manager")):
            yield Problem(("name",), repr(self.name), "a namespace that is no system's", "choose another name")
        yield from quantity_problems(self.memory, ("memory",))
        for key, quantity in self.quota.items():
            yield from quantity_problems(quantity, ("quota", MapKey(key)))
        for position, account in enumerate(self.service_accounts):
            yield from name_problems(account, ("service_accounts", position))


class NamespacesSpec(AddOnSpec):
    """Namespaces of teams."""

    teams: tuple[TeamNamespaceSpec, ...] = ()
    """The namespaces."""
    registries: tuple[RegistrySpec, ...] = ()
    """Registries that require credentials."""

    def _rules(self) -> Iterator[Problem]:
        known = {registry.name for registry in self.registries}
        for field, named in (("teams", self.teams), ("registries", self.registries)):
            count = Counter(one.name for one in named)
            for position, one in enumerate(named):
                if count[one.name] > 1:
                    yield Problem((field, position, "name"), repr(one.name), "a name of its own", "rename one")
        for position, team in enumerate(self.teams):
            for place, registry in enumerate(team.registries):
                if registry not in known:
                    path = ("teams", position, "registries", place)
                    allowed = f"one of {', '.join(sorted(known))}" if known else "none: registries lists none"
                    yield Problem(path, repr(registry), allowed, "list it in registries")
