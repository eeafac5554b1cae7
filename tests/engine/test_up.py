"""The program brought up by the real engine: everything is there, and a second run has nothing to do."""

import pytest

from support.engine import EngineStack, Up
from support.stacks.planned import plan_settings, settings_of
from tripod.rehearsal.engine import KUBECONFIG_VARIABLE


def test_the_engine_has_what_the_plan_shows(local: EngineStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KUBECONFIG_VARIABLE, "")
    have = {(one["type"], one["urn"].rpartition("::")[2]) for one in local.export()["deployment"]["resources"]}
    plan = {(one.type, one.name) for one in plan_settings(settings_of("local"), "local").registrations.values()}
    own = {one for one in have if not one[0].startswith(("pulumi:pulumi:", "pulumi:providers:"))}
    assert own == {one for one in plan if not one[0].startswith(("pulumi:pulumi:", "pulumi:providers:"))}


def test_every_check_passes(local: EngineStack) -> None:
    assert local.broken() == set()


# A refresh finds everything as it was made.
@pytest.mark.parametrize("options", [(), ("--refresh",)])
def test_a_second_run_has_nothing_to_do(local: EngineStack, options: tuple[str, ...]) -> None:
    plan = local.preview(*options, "--expect-no-changes")
    assert plan.changes() == {}
    assert plan.summary.keys() == {"same"}


def test_the_stack_file_stays_as_it_was(first_up: Up) -> None:
    assert first_up.stack.file.read_text() == first_up.file


def test_the_command_says_what_it_did(first_up: Up) -> None:
    assert "checks passed" in first_up.output
