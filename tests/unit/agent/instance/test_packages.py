from pathlib import Path

import pytest

from support.agent.instance import Reply, failed, member_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.instance.packages import LOCK_SECONDS, install_packages

LOCKED = failed("E: Could not get lock /var/lib/apt/lists/lock. It is held by process 700 (apt-get)", 100)
PASSING: dict[str, Reply] = {"dpkg --configure": "", "apt-get": ""}


def installed(*names: str) -> dict[str, Reply]:
    """What dpkg says when some packages are installed and others are not, or no more."""
    query = "dpkg-query --show --showformat=${db:Status-Status}"
    known: dict[str, Reply] = {query: failed("no packages found matching it")}
    known[f"{query} removed"] = "config-files"
    return {**known, **{f"{query} {name}": "installed" for name in names}}


def test_what_is_installed_is_left(tmp_path: Path) -> None:
    on = member_instance(tmp_path, **installed("openssl", "python3-boto3"))
    assert install_packages(on.agent, ["openssl", "python3-boto3"]) == "openssl, python3-boto3 are there"
    assert not on.machine.ran("apt-get")


@pytest.mark.parametrize("name", ["python3-boto3", "removed"])
def test_what_is_missing_is_installed_after_what_was_interrupted(tmp_path: Path, name: str) -> None:
    on = member_instance(tmp_path, **installed("openssl"), **PASSING)
    assert install_packages(on.agent, ["openssl", name]) == f"installed {name}"
    configure, update, install = [command for command in on.machine.commands if not command.startswith("dpkg-query")]
    assert configure == "dpkg --configure -a --force-confold"
    assert update.endswith(" update")
    assert install.endswith(f" install --yes --no-install-recommends {name}")
    assert f"DPkg::Lock::Timeout={LOCK_SECONDS}" in install


def test_nothing_is_asked_of_a_person(tmp_path: Path) -> None:
    on = member_instance(tmp_path, **installed(), **PASSING)
    install_packages(on.agent, ["openssl"])
    assert [environment["DEBIAN_FRONTEND"] for environment in on.machine.environments] == ["noninteractive"] * 3


@pytest.mark.parametrize("step", ["dpkg --configure", "apt-get"])
def test_a_lock_or_a_mirror_that_fails_at_first_is_waited_for(tmp_path: Path, step: str) -> None:
    left = [LOCKED, LOCKED]

    def reply(*_: str) -> str:
        if left:
            raise left.pop()
        return ""

    on = member_instance(tmp_path, **installed(), **{**PASSING, step: reply})
    assert install_packages(on.agent, ["openssl"]) == "installed openssl"
    assert on.lines == [f"packages openssl: {LOCKED}; trying again"]


def test_apt_that_never_succeeds_is_one_message(tmp_path: Path) -> None:
    on = member_instance(tmp_path, **installed(), **{**PASSING, "apt-get": LOCKED})
    with pytest.raises(AgentError, match=r"packages openssl: .*Could not get lock.*gave up after 600 s"):
        install_packages(on.agent, ["openssl"])
