"""Kernel requirements of a kubelet: modules, settings, and no swap."""

from .host import Host

MODULES_FILE = "/etc/modules-load.d/tripod.conf"
SYSCTL_FILE = "/etc/sysctl.d/99-tripod.conf"
FSTAB = "/etc/fstab"

MODULES = ("overlay", "br_netfilter")
"""Image layers, and packet filters for bridged packets."""

SETTINGS = {
    # kubeadm checks these.
    "net.ipv4.ip_forward": 1,
    "net.bridge.bridge-nf-call-iptables": 1,
    "net.bridge.bridge-nf-call-ip6tables": 1,
    # The kubelet does not start without these: protectKernelDefaults forbids it to set them by itself.
    "vm.overcommit_memory": 1,
    "vm.panic_on_oom": 0,
    "kernel.panic": 10,
    "kernel.panic_on_oops": 1,
    "kernel.keys.root_maxkeys": 1000000,
    "kernel.keys.root_maxbytes": 25000000,
    # A node with many pods runs out of the defaults, and log collectors are the first to notice.
    "fs.inotify.max_user_instances": 8192,
    "fs.inotify.max_user_watches": 524288,
}


def modules_text() -> str:
    """Render the modules that systemd loads at every boot."""
    return "".join(f"{module}\n" for module in MODULES)


def settings_text() -> str:
    """Render the kernel settings that systemd applies at every boot."""
    return "".join(f"{name} = {value}\n" for name, value in SETTINGS.items())


def fstab_without_swap(text: str) -> str:
    """Comment out the swap lines of an fstab."""
    return "".join(f"# {line}" if _is_swap(line) else line for line in text.splitlines(keepends=True))


def _is_swap(line: str) -> bool:
    fields = line.split()
    return len(fields) >= 3 and not fields[0].startswith("#") and fields[2] == "swap"


def prepare_host(host: Host) -> str:
    """Load the modules, set the kernel's settings and turn swap off, now and at every boot.

    Raises:
        CommandError: the kernel refuses one of them.
    """
    host.write(MODULES_FILE, modules_text())
    for module in MODULES:
        host.run("modprobe", module)
    host.write(SYSCTL_FILE, settings_text())
    host.run("sysctl", "--load", str(host.path(SYSCTL_FILE)))
    fstab = host.read(FSTAB)
    if fstab is not None and fstab_without_swap(fstab) != fstab:
        host.write(FSTAB, fstab_without_swap(fstab))
    host.run("swapoff", "--all")
    # Swap may be a unit of its own, which no fstab names.
    host.run("systemctl", "mask", "swap.target")
    return f"{len(MODULES)} modules, {len(SETTINGS)} settings, no swap"
