"""A network namespace that is connected to this one by a pair of virtual interfaces."""

import itertools
import os

import pytest

from .process import run

_numbers = itertools.count(1)


class Namespace:
    """A namespace for the agent; this side has the address `host`, the other `guest`."""

    def __init__(self):
        number = f"{os.getpid() % 100000}x{next(_numbers)}"
        self.name = f"acc{number}"
        self._near, self._far = f"an{number}", f"af{number}"
        third = os.getpid() % 250
        self.host, self.guest = f"10.203.{third}.1", f"10.203.{third}.2"

    @property
    def prefix(self):
        """Prefix of a program's arguments that runs it inside."""
        return ("ip", "netns", "exec", self.name)

    async def create(self):
        if os.geteuid() != 0:
            pytest.skip("network namespaces need root")
        try:
            await run("ip", "netns", "add", self.name)
        except AssertionError as reason:
            pytest.skip(f"no network namespaces here: {reason}")
        await run("ip", "link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self.name)
        await run("ip", "address", "add", f"{self.host}/30", "dev", self._near)
        await run("ip", "link", "set", self._near, "up")
        inside = ("ip", "-netns", self.name)
        await run(*inside, "address", "add", f"{self.guest}/30", "dev", self._far)
        await run(*inside, "link", "set", self._far, "up")
        await run(*inside, "link", "set", "lo", "up")
        return self

    async def cut(self):
        """Disconnects the cable: packets are lost silently."""
        # The far end stays up with its address, or the kernel would notify the agent.
        await run("ip", "link", "set", self._near, "down")

    async def mend(self):
        await run("ip", "link", "set", self._near, "up")

    async def remove(self):
        await run("ip", "link", "delete", self._near, check=False)
        await run("ip", "netns", "delete", self.name, check=False)
