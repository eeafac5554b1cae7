"""Loader of the current stack's configuration."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pulumi
from pulumi.runtime.config import CONFIG

from tripod.cluster.spec import IdentitySpec
from tripod.core.naming import tag_count_problems
from tripod.core.problems import ConfigurationError, Problem, camel_case, raise_if_any
from tripod.database.spec import clear_secret_problems
from tripod.network.preflight import available_zones
from tripod.network.spec import NetworkSpec
from tripod.network.zones import zone_problems
from tripod.stack.project import ConfigPath, encrypted_paths, parse_value
from tripod.stack.spec import StackSpec

NAMESPACE = "tripod"


def load_stack() -> StackSpec:
    """Read and check the configuration of the current stack.

    Raises:
        ConfigurationError: with every problem at once, each where the stack file has it.
    """
    region = pulumi.Config("aws").get("region") or ""
    fields, problems = StackSpec.read_fields({"region": region, **_configured()})
    if region and "network" in fields:
        problems.extend(_zone_problems(fields["network"], region))
    spec = StackSpec.from_fields(fields)
    if spec is not None:
        problems.extend(clear_secret_problems(spec, (), _is_encrypted))
        problems.extend(_default_tag_problems(spec.cluster))
    raise_if_any([*_second_region(), *(with_file_path(problem) for problem in problems)])
    return cast("StackSpec", spec)


def _configured() -> dict[str, object]:
    """Read the project's keys, less `region`."""
    keys = ((*key.partition(":"), text) for key, text in CONFIG.get().items())
    # aws:region is the only region: another one would apply to half of the resources.
    return {name: parse_value(text) for namespace, _, name, text in keys if namespace == NAMESPACE and name != "region"}


def _second_region() -> Iterator[Problem]:
    """Find a region beside the provider's."""
    given = CONFIG.get().get(f"{NAMESPACE}:region")
    if given is not None:
        yield Problem((f"{NAMESPACE}:region",), repr(given), "no such key", "set aws:region, and nothing else")


def _zone_problems(network: NetworkSpec, region: str) -> Iterator[Problem]:
    """Find zones that the account does not have in the region, before any resource is created."""
    found = available_zones(region, pulumi.InvokeOptions())
    yield from zone_problems(network.zones, region, found, ("network", "zones"))


def _default_tag_problems(cluster: IdentitySpec) -> Iterator[Problem]:
    """The provider's default tags, which every resource has beside the team's."""
    default: Mapping[str, Mapping[str, str]] = pulumi.Config("aws").get_object("defaultTags") or {}
    further = default.get("tags", {}).keys() - cluster.all_tags().keys()
    given = f"{len(cluster.tags)} beside {len(further)} of aws:defaultTags"
    for problem in tag_count_problems(len(further) + len(cluster.tags), given) if further else ():
        yield problem.under("cluster")


def _is_encrypted(path: ConfigPath) -> bool:
    """True if a value is encrypted in the stack file; where there is no file, if anything in its key is."""
    first, *rest = (camel_case(part) if isinstance(part, str) else part for part in path)
    key = f"{NAMESPACE}:{first}"
    known = encrypted_paths(pulumi.get_stack(), Path.cwd())
    return (key, *rest) in known if known is not None else pulumi.runtime.is_config_secret(key)


def with_file_path(problem: Problem) -> Problem:
    """Rewrite a problem's path as the stack file has it."""
    section, *rest = problem.path
    key = "aws:region" if section == "region" else f"{NAMESPACE}:{camel_case(str(section))}"
    return Problem((key, *rest), problem.given, problem.allowed, problem.remedy)


@contextmanager
def configuration_errors() -> Generator[None]:
    """Turn a refused configuration into an error that the engine prints without a traceback."""
    try:
        yield
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from error
