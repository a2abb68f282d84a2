"""Attacks between a client and its server: rewriting the plain-text INFO, and running a rogue server."""

import asyncio
import json
import ssl

from .relay import Relay
from .server import free_port


class InterceptingRelay(Relay):
    """A relay that changes the first INFO of each connection, which is not encrypted yet."""

    def __init__(self, port, *, changes=None, injected=b"", instead=None, after=0):
        """`changes` of the INFO and bytes `injected` after it, or a line `instead`, from the connection number `after` on."""
        super().__init__(port)
        self._changes = changes or {}
        self._injected = injected
        self._instead = instead
        self._after = after
        self.plain_connects = []

    async def _accept(self, reader, writer):
        number = self.accepted
        self.accepted += 1
        self._writers.append(writer)
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        self._writers.append(server_writer)
        line = await server_reader.readline()
        if number >= self._after and line.startswith(b"INFO "):
            info = {**json.loads(line[5:]), **self._changes}
            line = b"INFO " + json.dumps(info).encode() + b"\r\n" + self._injected
        writer.write(self._instead or line)
        for source, sink in ((self._watched(reader), server_writer), (server_reader, writer)):
            task = asyncio.create_task(self._forward(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _watched(self, reader):
        relay = self

        class Watched:
            """Records a CONNECT that is not encrypted."""

            async def read(self, count):
                data = await reader.read(count)
                if data.startswith(b"CONNECT"):
                    relay.plain_connects.append(data)
                return data
        return Watched()


class RogueServer:
    """Implements NATS over TLS up to the CONNECT of a client, with a valid certificate for its own name."""

    def __init__(self, host, tls):
        self.host = host
        self.port = free_port()
        self.accepted = 0
        self.handshakes = 0
        self.connects = []
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(tls["cert_file"], tls["key_file"])
        self._server = None

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    async def start(self):
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        return self

    async def close(self):
        self._server.close()

    async def _accept(self, reader, writer):
        self.accepted += 1
        info = {"server_id": "ROGUE", "version": "2.14.0", "proto": 1, "headers": True, "max_payload": 1048576,
                "auth_required": True, "tls_required": True, "nonce": "cm9ndWU"}
        try:
            writer.write(b"INFO " + json.dumps(info).encode() + b"\r\n")
            await writer.drain()
            await writer.start_tls(self._context)
            self.handshakes += 1
            while line := await reader.readline():
                if line.startswith(b"CONNECT"):
                    self.connects.append(line)
                elif line.startswith(b"PING"):
                    writer.write(b"PONG\r\n")
        except (OSError, ssl.SSLError):
            pass
        finally:
            writer.close()
