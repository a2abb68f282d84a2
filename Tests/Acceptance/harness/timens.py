"""Runs a program whose machine seems to have booted earlier: `python timens.py SECONDS PROGRAM ARGUMENTS…`.

A time namespace of its own (time_namespaces(7)) moves only what this program sees of the time since boot; no clock is set.
"""

import ctypes
import os
import sys

CLONE_NEWTIME = 0x80


def main():
    libc = ctypes.CDLL(None, use_errno=True)

    def checked(result):
        if result != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    checked(libc.unshare(CLONE_NEWTIME))
    with open("/proc/self/timens_offsets", "w", encoding="ascii") as offsets:
        offsets.write(f"boottime {int(sys.argv[1])} 0\n")
    # unshare(2) does not move the caller itself.
    descriptor = os.open("/proc/self/ns/time_for_children", os.O_RDONLY)
    checked(libc.setns(descriptor, CLONE_NEWTIME))
    os.close(descriptor)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
