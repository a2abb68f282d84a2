"""A disposable Linux machine for tests: a separate systemd over this machine's files."""

from .box import Box, BoxProcess, Disk, Outcome
from .requirements import what_is_missing

__all__ = ["Box", "BoxProcess", "Disk", "Outcome", "what_is_missing"]
