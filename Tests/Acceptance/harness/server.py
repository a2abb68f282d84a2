"""A real nats-server with exactly the permissions that the platform's auth callout gives an agent."""

import json
import os
import random
import signal
import socket

from .process import Process
from .waiting import until

PLATFORM_USER = "platform"
PLATFORM_PASSWORD = "platform-password"


_given = set()


def free_port():
    """A free port of this machine, outside of the kernel's ephemeral range and not returned before."""
    while True:
        port = random.randrange(10_240, 32_768)
        if port in _given:
            continue
        _given.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def agent_permissions(uuid):
    """Exactly the permissions of the auth callout's user JWT."""
    return {
        "subscribe": {"allow": [f"agent.vm.{uuid}.cmd"]},
        "publish": {"allow": [f"agent.vm.{uuid}.evt", f"vm.{uuid}.telemetry"]},
        "allow_responses": {"max": 1, "expires": "60s"},
    }


class Server:
    """A nats-server that can be stopped, killed and started again on the same ports."""

    def __init__(self, folder, identity, *, binary=None, host="127.0.0.1", port=None, tls=None, websocket=None,
                 jetstream=False, cluster=None, extra=None, prefix=()):
        self.folder = folder
        self.binary = binary or os.environ["NATS_SERVER"]
        self.host = host
        self.port = port or free_port()
        self.identity = identity
        self.password = identity.key
        self.tls = tls
        self.websocket = websocket
        self.websocket_port = free_port() if websocket is not None else None
        self.jetstream = jetstream
        self.cluster = cluster
        self.extra = extra or {}
        self.prefix = prefix
        self.process = None
        folder.mkdir(parents=True, exist_ok=True)
        self.config_path = folder / "nats.json"
        self.log_path = folder / "nats.log"

    @property
    def url(self):
        return f"{'tls' if self.tls else 'nats'}://{self.host}:{self.port}"

    @property
    def websocket_url(self):
        scheme = "wss" if self.websocket.get("tls") else "ws"
        return f"{scheme}://{self.host}:{self.websocket_port}"

    def write_config(self):
        config = {
            "listen": f"{self.host}:{self.port}",
            "debug": True,
            "authorization": {"users": [
                {"user": PLATFORM_USER, "password": PLATFORM_PASSWORD},
                {"user": self.identity.uuid, "password": self.password,
                 "permissions": agent_permissions(self.identity.uuid)},
            ]},
        }
        if self.tls:
            config["tls"] = self.tls
        if self.websocket is not None:
            config["websocket"] = {"listen": f"{self.host}:{self.websocket_port}", **self.websocket}
            if "tls" not in self.websocket:
                config["websocket"]["no_tls"] = True
        if self.jetstream:
            config["jetstream"] = {"store_dir": str(self.folder / "jetstream")}
        if self.cluster:
            config["server_name"] = self.cluster["server_name"]
            config["cluster"] = {key: value for key, value in self.cluster.items() if key != "server_name"}
        config.update(self.extra)
        self.config_path.write_text(json.dumps(config, indent=1), encoding="utf-8")

    def _ready_count(self):
        if not self.log_path.exists():
            return 0
        return self.log_path.read_text(encoding="utf-8", errors="replace").count("Server is ready")

    async def start(self):
        assert self.process is None or not self.process.running
        self.write_config()
        before = self._ready_count()
        self.process = Process([self.binary, "-c", str(self.config_path)], self.log_path, prefix=self.prefix)
        await until(lambda: self._ready_count() > before or not self.process.running, "nats-server ready")
        assert self.process.running, f"nats-server did not start:\n{self.process.log_text()[-2000:]}"
        return self

    def kill(self):
        """Like a power cut: no connection is closed cleanly."""
        self.process.kill()

    async def stop(self):
        if self.process is not None:
            await self.process.stop()

    async def reload(self):
        """Writes the configuration again and reloads the server."""
        self.write_config()
        before = self.process.log_text().count("Reloaded server configuration")
        self.process.send(signal.SIGHUP)
        await until(lambda: self.process.log_text().count("Reloaded server configuration") > before, "server reload")

    def lame_duck(self):
        self.process.send(signal.SIGUSR2)
