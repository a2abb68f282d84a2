"""A connection at the level of the protocol, so that a test receives the server's own messages."""

import asyncio
import json
import time

from .waiting import DEADLINE_S


class Refused(AssertionError):
    """The server refused this user."""


class Wire:
    """One connection of a user with a password."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self.errors = []
        self.messages = []
        self.closed_at = None
        self._pongs = asyncio.Queue()
        self._reading = None
        self._sids = 0

    @classmethod
    async def connect(cls, url, user, password, *, source="127.0.0.1", name=None):
        """Connects, from a loopback address of choice; raises `Refused` with the server's message."""
        if name is None:
            # The platform accepts an agent only with the client name of agents.
            name = f"plusclouds-vm-agent:{user}" if user.count("-") == 4 else "by hand"
        host, port = url.split("://")[1].split(":")
        reader, writer = await asyncio.open_connection(host, int(port), local_addr=(source, 0))
        wire = cls(reader, writer)
        options = {"verbose": False, "pedantic": False, "lang": "test", "version": "0", "protocol": 1, "headers": True,
                   "no_responders": True, "name": name, "user": user, "pass": password}
        try:
            await reader.readline()
            writer.write(f"CONNECT {json.dumps(options)}\r\nPING\r\n".encode())
            line = await asyncio.wait_for(reader.readline(), DEADLINE_S)
            while line.strip() == b"PING":
                writer.write(b"PONG\r\n")
                line = await asyncio.wait_for(reader.readline(), DEADLINE_S)
        except ConnectionError as error:
            line = str(error).encode()
        if line.strip() != b"PONG":
            writer.close()
            raise Refused(line.decode().strip() or "closed without a word")
        wire._reading = asyncio.create_task(wire._read())
        return wire

    async def _read(self):
        try:
            while line := await self._reader.readline():
                word, _, rest = line.decode().strip().partition(" ")
                if word in ("MSG", "HMSG"):
                    parts = rest.split(" ")
                    data = await self._reader.readexactly(int(parts[-1]) + 2)
                    # Subject, sid and an optional reply subject precede the sizes.
                    sizes = 2 if word == "HMSG" else 1
                    reply = parts[2] if len(parts) > 2 + sizes else None
                    self.messages.append((parts[0], reply, data[:-2]))
                elif word == "PING":
                    self._writer.write(b"PONG\r\n")
                elif word == "PONG":
                    self._pongs.put_nowait(None)
                elif word == "-ERR":
                    self.errors.append(rest.strip("'"))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        self.closed_at = time.monotonic()
        self._pongs.put_nowait(None)

    async def flush(self):
        """Waits until the server has processed everything before this, and its answers have arrived."""
        self._writer.write(b"PING\r\n")
        await asyncio.wait_for(self._pongs.get(), DEADLINE_S)

    async def _answer(self, text):
        before = len(self.errors)
        self._writer.write(text.encode())
        await self.flush()
        return "; ".join(self.errors[before:]) or None

    async def publish(self, subject, payload="", reply=None, header=None):
        """Publishes, with one header line. Returns the server's error, or None."""
        place = f"{subject} {reply + ' ' if reply else ''}"
        if header is None:
            return await self._answer(f"PUB {place}{len(payload)}\r\n{payload}\r\n")
        block = f"NATS/1.0\r\n{header}\r\n\r\n"
        return await self._answer(f"HPUB {place}{len(block)} {len(block) + len(payload)}\r\n{block}{payload}\r\n")

    async def subscribe(self, subject, queue=None):
        """Subscribes. Returns the server's error, or None."""
        self._sids += 1
        return await self._answer(f"SUB {subject} {queue + ' ' if queue else ''}{self._sids}\r\n")

    @property
    def open(self):
        return self.closed_at is None

    def abandon(self):
        """Closes it without waiting."""
        self._writer.close()

    async def close(self):
        self._writer.close()
        if self._reading is not None:
            await self._reading
