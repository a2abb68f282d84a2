"""A nats-server whose store is a small separate file system, which can be filled completely."""

import os
import pathlib
import subprocess

import pytest


class SmallStore:
    """A tmpfs as the store of JetStream. The limit of nats-server exceeds its size, as when other programs fill the disk."""

    def __init__(self, lab, size):
        if os.geteuid() != 0:
            pytest.skip("mounting takes root")
        self.path = lab.folder / "store"
        self.path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(self.path)], check=True)
        lab.closing(lambda: subprocess.run(["umount", "-l", str(self.path)], check=True) and None)
        self.filler = pathlib.Path(self.path / "filler")

    def options(self):
        return {"store_dir": str(self.path), "max_file": 20 << 30}

    def fill(self):
        for size in (1 << 20, 4096, 1):
            try:
                with open(self.filler, "ab", buffering=0) as file:
                    while file.write(b"x" * size):
                        pass
            except OSError:
                continue

    def empty(self):
        self.filler.unlink()
