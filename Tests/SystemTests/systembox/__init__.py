"""A Linux machine for tests: a systemd of its own over this machine's files, thrown away at the end."""

from .box import Box, BoxProcess, Disk, Outcome
from .requirements import what_is_missing

__all__ = ["Box", "BoxProcess", "Disk", "Outcome", "what_is_missing"]
