"""A mount that hangs: a FUSE program that reads every request and answers only the handshake."""

import ctypes
import errno
import os
import struct
import threading

import pytest

_INIT = 26
_CLONE_NEWNS = 0x20000
_MNT_FORCE_AND_DETACH = 1 | 2
_libc = ctypes.CDLL(None, use_errno=True)


class HangingMount:
    """Mounted over a folder until it is closed; that closes the connection, and ends all waits for it.

    The folder is one of process `beside`, as that sees it.
    """

    def __init__(self, folder, beside=1):
        self.path = str(folder)
        self._namespace = f"/proc/{beside}/ns/mnt" if beside != 1 else None
        if os.geteuid() != 0:
            pytest.skip("mounting needs root")
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._device},rootmode=40000,user_id=0,group_id=0".encode()

        def mount():
            os.makedirs(self.path, exist_ok=True)
            return _libc.mount(b"hanging", self.path.encode(), b"fuse", 0, options) == 0
        self._there(mount)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        with open(f"/proc/{beside}/mountinfo", encoding="utf-8") as mounts:
            if self.path not in mounts.read():
                self.close()
                pytest.skip("process 1, whose mounts the agent measures, has others")

    def _there(self, action):
        """Runs the action in a separate process, as a thread cannot enter other mount namespaces."""
        child = os.fork()
        if child == 0:
            done = False
            try:
                if self._namespace:
                    done = _libc.setns(os.open(self._namespace, os.O_RDONLY), _CLONE_NEWNS) == 0 and action()
                else:
                    done = action()
            finally:
                os._exit(0 if done else 1)
        assert os.waitpid(child, 0)[1] == 0, f"{action.__name__} {self.path}"

    def _read(self):
        while True:
            try:
                request = os.read(self._device, 1 << 17)
                _, opcode, unique = struct.unpack_from("<IIQ", request)
                if opcode == _INIT:
                    body = struct.pack("<7I", 7, 31, 0, 0, 8 << 16 | 16, 4096, 1).ljust(64, b"\0")
                    os.write(self._device, struct.pack("<IiQ", 16 + len(body), 0, unique) + body)
            except OSError as reason:
                # ENOENT: the requesting process has ended.
                if reason.errno in (errno.EINTR, errno.EAGAIN, errno.ENOENT):
                    continue
                return

    def close(self):
        def unmount():
            return _libc.umount2(self.path.encode(), _MNT_FORCE_AND_DETACH) == 0
        self._there(unmount)
        self._reader.join(10)
        assert not self._reader.is_alive(), "the connection did not end with its mount"
        os.close(self._device)
