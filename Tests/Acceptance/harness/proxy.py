"""tinyproxy, an independent HTTP CONNECT proxy."""

import os
import socket

from .process import Process
from .server import free_port
from .waiting import until


class Proxy:
    """A proxy that requires a name and a password and allows CONNECT to any port."""

    def __init__(self, folder, user="proxyuser", password="proxypass"):
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.user, self.password = user, password
        self.config_path = folder / "tinyproxy.conf"
        self.log_path = folder / "tinyproxy.log"
        self.process = None

    @property
    def url(self):
        return f"http://{self.user}:{self.password}@127.0.0.1:{self.port}"

    async def start(self):
        # Without a ConnectPort line every port is allowed.
        self.config_path.write_text(
            f"Port {self.port}\nListen 127.0.0.1\nTimeout 600\nLogLevel Connect\nMaxClients 20\nAllow 127.0.0.1\n"
            f"BasicAuth {self.user} {self.password}\n", encoding="ascii")
        self.process = Process([os.environ["TINYPROXY"], "-d", "-c", str(self.config_path)], self.log_path)
        await until(lambda: self._accepts() or not self.process.running, "tinyproxy ready")
        assert self.process.running, self.process.log_text()
        return self

    def _accepts(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def connects(self):
        """The requested targets."""
        return [line for line in self.process.log_text().splitlines() if "CONNECT " in line]

    async def stop(self):
        await self.process.stop()
