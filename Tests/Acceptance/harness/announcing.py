"""An agent simulated with nats-py that publishes the capabilities of a test."""

import asyncio
import json
import time
import uuid

import nats

from .waiting import DEADLINE_S

# Unique among agents: once the platform shows it, the capabilities were folded.
VERSION = "9.9.9-by-hand"


class AnnouncingAgent:
    """A connection with the key of one agent."""

    def __init__(self, fleet, identity):
        self.fleet, self.uuid, self.key = fleet, identity.uuid, identity.key
        self.connection = None
        self.commands = []

    async def connect(self):
        self.connection = await nats.connect(
            servers=self.fleet.urls, user=self.uuid, password=self.key, name=f"plusclouds-vm-agent:{self.uuid}",
            max_reconnect_attempts=0, allow_reconnect=False)
        self.fleet.lab.closing(self.connection.close)

        async def take(message):
            envelope = json.loads(message.data)
            # The platform's time message is not a command.
            if envelope["type"] != "time":
                self.commands.append(envelope)
        await self.connection.subscribe(f"agent.vm.{self.uuid}.cmd", cb=take)
        return self

    async def event(self, kind, payload, timestamp=None):
        """Publishes an event, optionally with a wrong timestamp."""
        envelope = {"v": 1, "id": str(uuid.uuid4()), "type": kind, "agent_type": "vm", "agent_uuid": self.uuid,
                    "timestamp": int(timestamp or time.time()), "payload": payload}
        await self.connection.publish(f"agent.vm.{self.uuid}.evt", json.dumps(envelope).encode())

    async def announce(self, hostname, version=VERSION):
        """Publishes capabilities with this host name, and a heartbeat."""
        await self.event("capabilities", {"operations": [], "agent_version": version, "os": "debian 12", "hostname": hostname})
        await self.event("heartbeat", {"uptime_s": 100, "tasks_queued": 0})
        await self.connection.flush()


async def announcing(fleet, operator, hostname, **params):
    """A new agent with this host name, after the platform shows it."""
    agent = await AnnouncingAgent(fleet, await fleet.enrol(operator, **params)).connect()
    await agent.announce(hostname)
    await announced(operator, agent.uuid)
    return agent


async def announced(operator, agent, version=VERSION):
    """Waits until the platform shows the capabilities with this version."""
    end = time.monotonic() + DEADLINE_S
    while True:
        view = (await operator.agents())[agent]
        if view.get("version") == version and view["is_alive"]:
            return view
        assert time.monotonic() < end, f"not shown: {view}"
        await asyncio.sleep(0.1)
