"""A fleet whose servers and instances use exactly the files of `plusclouds-platform init`."""

import os
import re

import yaml

from .fleet import START_S, Fleet, Instance
from .nkeys import KeyPair
from .process import Process
from .server import free_port
from .waiting import until


class InitialisedServer:
    """One nats-server with a file of `init`."""

    def __init__(self, config_path, url):
        self.config_path, self.url = config_path, url
        self.log_path = config_path.with_suffix(".log")
        self.process = None

    async def start(self):
        self.process = Process([os.environ["NATS_SERVER"], "-c", str(self.config_path)], self.log_path)
        await until(lambda: "Server is ready" in self.process.log_text() or not self.process.running, "nats-server ready")
        assert self.process.running, self.process.log_text()
        return self


class InitialisedFleet(Fleet):
    """Servers on separate loopback addresses, without TLS."""

    async def start(self, servers=1):  # pylint: disable=arguments-differ
        folder = self.folder / "platform"
        port, cluster_port = free_port(), free_port()
        hosts = [f"127.0.0.{number + 1}" for number in range(servers)]
        outcome = await self.platform(
            "init", str(folder), "--no-tls", "--host", ",".join(hosts), "--port", str(port), "--websocket-port", "0",
            "--cluster-port", str(cluster_port), "--store-dir", str(self.folder / "store"))
        assert outcome.code == 0, outcome
        for name in ("platform", "system", "issuer"):
            self.keys[name] = KeyPair.from_seed((folder / "keys" / f"{name}.nk").read_text(encoding="ascii"))
            self.secrets.append(self.keys[name].seed)
        for host, path in zip(hosts, sorted(folder.glob("nats-server*.conf"))):
            text = path.read_text(encoding="utf-8")
            # One machine substitutes several; the tests also read requests of the callout.
            text = text.replace("0.0.0.0:", f"{host}:").replace(str(self.folder / "store"), str(self.folder / f"store-{host}"))
            text = re.sub(r"^\s*xkey:.*$", "", text, flags=re.MULTILINE)
            path.write_text(text, encoding="utf-8")
            server = InitialisedServer(path, f"nats://{host}:{port}")
            self.servers.append(server)
            await server.start()
            self.lab.closing(server.process.stop)
        if servers > 1:
            await until(lambda: any("new metadata leader" in server.process.log_text() for server in self.servers),
                        "a cluster whose JetStream has a leader", START_S)
        config = folder / "platform.yaml"
        settings = yaml.safe_load(config.read_text(encoding="utf-8"))
        settings["metrics"]["listen"] = f"127.0.0.1:{free_port()}"
        del settings["callout"]["xkey_seed_file"]
        instance = Instance(self.folder / "instance", settings)
        instance.config_path = config
        self.instances.append(instance)
        instance.write()
        await self.add_operator("admin", "admin")
        instance.start()
        await instance.ready()
        return self
