"""The agent under test: its configuration, its process, its log."""

import json
import os
import signal
import time
import uuid as uuids

from .process import Process
from .waiting import DEADLINE_S, until

ALL_OPERATIONS = [
    "agent.allowed_operations", "agent.status", "agent.cancel",
    "system.info", "system.metrics", "system.cpu", "system.memory", "system.disk", "system.network",
    "telemetry.set_interval", "exec",
]


class Identity:
    """The identity of an agent."""

    def __init__(self):
        self.uuid = str(uuids.uuid4())
        self.key = f"key-{uuids.uuid4().hex}"


class Agent:
    """One agent with one configuration file, which can be started repeatedly."""

    def __init__(self, folder, identity):
        self.folder = folder
        self.identity = identity
        self.config_path = folder / "agent.yaml"
        self.log_path = folder / "agent.log"
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
        self.process = None
        self.prefix = ()
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def binary(self):
        return os.environ["PLUSCLOUDS_AGENT"]

    def settings(self, url, **changes):
        """A complete configuration; `changes` are dotted keys with __ for the dot."""
        settings = {
            "nats": {"url": url, "agent_uuid": self.identity.uuid, "api_key": self.identity.key,
                     "reconnect_wait": "1s"},
            "agent": {"heartbeat_interval": "30s", "telemetry_interval": "30s",
                      "allowed_operations": ALL_OPERATIONS, "allowed_commands": [],
                      "state_dir": str(self.folder / "state")},
            "iso": {"mount_path": str(self.folder / "no-drive")},
            "log": {"level": "info", "format": "json"},
        }
        for key, value in changes.items():
            *sections, name = key.split("__")
            place = settings
            for section in sections:
                place = place.setdefault(section, {})
            place[name] = value
        return settings

    def write(self, settings):
        """Writes the configuration: a dictionary as JSON, which is valid YAML, a string unchanged."""
        text = settings if isinstance(settings, str) else json.dumps(settings, indent=2)
        self.config_path.write_text(text, encoding="utf-8")
        self.config_path.chmod(0o600)

    def start(self, *arguments):
        assert self.process is None or not self.process.running
        self.process = Process(
            [self.binary, *(arguments or ("--config", str(self.config_path)))], self.log_path,
            environment=self.environment, prefix=self.prefix)
        return self

    async def stop(self):
        """Ends it by SIGTERM; the exit code has to be 0."""
        if self.process is not None and self.process.running:
            code = await self.process.stop(signal.SIGTERM)
            assert code == 0, f"the agent ended with {code} on SIGTERM"

    def reload(self):
        self.process.send(signal.SIGHUP)

    # The log

    def log(self, message=None, since=0):
        """The entries of the log, or those with this message."""
        if not self.log_path.exists():
            return []
        entries = []
        with open(self.log_path, encoding="utf-8") as log:
            for line in log.read().split("\n")[:-1]:
                try:
                    entries.append(json.loads(line))
                except ValueError:
                    entries.append({"msg": line, "level": "no JSON"})
        return [entry for entry in entries[since:] if message is None or entry["msg"] == message]

    @property
    def log_position(self):
        return len(self.log())

    async def logged(self, message, since=0, deadline=DEADLINE_S):
        """The first entry with this message from position `since` on."""
        found = await until(lambda: self.log(message, since), f"log line '{message}'", deadline)
        return found[0]

    async def logged_matching(self, condition, what, since=0, deadline=DEADLINE_S):
        """The first entry that matches."""
        def search():
            return [entry for entry in self.log(since=since) if condition(entry)]
        return (await until(search, f"log line: {what}", deadline))[0]

    async def connected(self, since=0, deadline=DEADLINE_S):
        """Waits for the next connection. Returns the time at which it was seen."""
        await self.logged("connected to NATS", since, deadline)
        return time.monotonic()
