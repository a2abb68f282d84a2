"""Requirements of a box on this machine."""

import os
import shutil

_SYSTEMD = "/lib/systemd/systemd"
_PROGRAMS = ["unshare", "nsenter", "setpriv", "mount", "pivot_root", "mkfs.ext4", "dbus-daemon", "systemctl"]


def what_is_missing():
    """The reason why no box can be booted here, in one line; empty if it should work."""
    if os.geteuid() != 0:
        return "they need root: they boot a systemd of their own"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in _PROGRAMS if shutil.which(name, path=path) is None]
    if not os.access(_SYSTEMD, os.X_OK):
        missing.append("systemd")
    if missing:
        return f"no {', '.join(missing)} here: run scripts/install-dependencies system"
    with open("/proc/filesystems", encoding="ascii") as file_systems:
        if not any(line.split()[-1] == "overlay" for line in file_systems):
            return "the kernel has no overlay file system (modprobe overlay)"
    return ""
