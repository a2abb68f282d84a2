"""A TCP relay in front of a server, which can be frozen."""

import asyncio

from .server import free_port


class Relay:
    """Forwards to `port` until frozen; open connections then stay open and silent, as behind a dead router."""

    def __init__(self, port):
        self.target_port = port
        self.port = free_port()
        self.accepted = 0
        self._server = None
        self._tasks = set()
        self._writers = []

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    async def start(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def close(self):
        self._server.close()
        for writer in self._writers:
            writer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def freeze(self):
        """Freezes every open connection without closing it; new ones are forwarded."""
        for task in list(self._tasks):
            task.cancel()
        self._tasks.clear()

    def cut(self):
        """Closes every open connection; new ones are forwarded."""
        self.freeze()
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _accept(self, reader, writer):
        self.accepted += 1
        self._writers.append(writer)
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        self._writers.append(server_writer)
        for source, sink in ((reader, server_writer), (server_reader, writer)):
            task = asyncio.create_task(self._forward(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _forward(source, sink):
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
            sink.close()
        except ConnectionError:
            sink.close()
