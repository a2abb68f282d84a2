"""A separate mount table for the agent: mounts are made just before it starts and end with it."""

import os
import pathlib

import pytest

SCRIPT = """set -e
PATH=$PATH:/usr/sbin:/sbin
# Without process 1 the agent measures the mounts of its own namespace.
mount -t tmpfs none /proc/1
{setup}
exec "$@"
"""


def prefix(setup):
    """Prefix of a program's arguments that makes the mounts by a shell script and runs the program with them."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    if not pathlib.Path("/dev/loop-control").exists():
        pytest.skip("there are no loop devices here")
    return ("unshare", "--mount", "--propagation", "private", "sh", "-c", SCRIPT.format(setup=setup), "sh")


def full_image(path, mebibytes=16):
    """Shell commands that create a file with a full ext4 file system."""
    return f"""
truncate -s {mebibytes}M {path}.img
mkfs.ext4 -q -F -m 0 {path}.img
mkdir -p {path}
mount -o loop {path}.img {path}
dd if=/dev/zero of={path}/filler bs=64k 2>/dev/null || true
dd if=/dev/zero of={path}/rest bs=1k 2>/dev/null || true
umount {path}
"""
