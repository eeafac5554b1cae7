from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import FakeHost, failed
from support.stacks.samples import few
from tripod.bootstrap.agent.host.host import CommandError
from tripod.bootstrap.agent.host.kernel_settings import FSTAB, SETTINGS, fstab_without_swap, prepare_host

FSTAB_TEXT = """\
LABEL=root / ext4 discard,errors=remount-ro 0 1
/swap.img\tnone\tswap\tsw\t0\t0
# /dev/sdb none swap sw 0 0
LABEL=swap /mnt/swap ext4 defaults 0 0
"""


def machine(folder: Path) -> FakeHost:
    made = FakeHost(folder)
    made.replies.update(dict.fromkeys(("modprobe", "sysctl", "swapoff", "systemctl"), ""))
    return made


def test_modules_settings_and_swap_are_set_now_and_at_every_boot(tmp_path: Path) -> None:
    host = machine(tmp_path)
    host.write(FSTAB, FSTAB_TEXT)
    prepare_host(host)
    assert host.read("/etc/modules-load.d/tripod.conf") == "overlay\nbr_netfilter\n"
    settings = host.read("/etc/sysctl.d/99-tripod.conf") or ""
    assert "net.ipv4.ip_forward = 1\n" in settings
    assert settings.count("\n") == len(SETTINGS)
    assert "# /swap.img" in (host.read(FSTAB) or "")
    # The bridge's settings exist only once its module is loaded.
    assert host.commands.index("modprobe br_netfilter") < host.commands.index(host.ran("sysctl")[0])
    assert "swapoff --all" in host.commands


def test_the_kernel_settings_are_those_without_which_a_kubelet_does_not_start() -> None:
    # pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables, with protectKernelDefaults.
    wanted = {
        "vm.overcommit_memory": 1,
        "vm.panic_on_oom": 0,
        "kernel.panic": 10,
        "kernel.panic_on_oops": 1,
        "kernel.keys.root_maxkeys": 1000000,
        "kernel.keys.root_maxbytes": 25000000,
    }
    assert wanted.items() <= SETTINGS.items()


def test_an_instance_without_fstab_is_prepared_too(tmp_path: Path) -> None:
    host = machine(tmp_path)
    prepare_host(host)
    assert host.read(FSTAB) is None


def test_a_setting_that_the_kernel_refuses_stops_the_boot(tmp_path: Path) -> None:
    host = machine(tmp_path)
    host.replies["sysctl"] = failed("sysctl: cannot stat /proc/sys/net/bridge: No such file or directory")
    with pytest.raises(CommandError, match="net/bridge"):
        prepare_host(host)


@few
@given(
    st.lists(
        st.sampled_from(
            ["/dev/sda1 / ext4 defaults 0 1", "/swap none swap sw 0 0", "", "# a comment", "proc /proc proc defaults"]
        )
    )
)
def test_swap_and_nothing_else_becomes_a_comment(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    changed = fstab_without_swap(text).splitlines()
    assert len(changed) == len(lines)
    for before, after in zip(lines, changed, strict=True):
        assert after == (f"# {before}" if before.startswith("/swap") else before)
    assert fstab_without_swap("\n".join(changed)) == "\n".join(changed)
