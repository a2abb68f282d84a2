"""All programs and connections of one test, and their end."""

import inspect

from .agent import Agent, Identity
from .certificates import Certificates
from .platform import Platform
from .server import Server


class Lab:
    """Creates servers, agents and platforms; checks the invariants of every test at the end."""

    def __init__(self, folder):
        self.folder = folder
        self.identity = Identity()
        self.servers = []
        self.agents = []
        self.platforms = []
        self.fleets = []
        self._closing = []
        self._certificates = None

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, trace):
        failed = kind is not None
        problems = []
        for agent in self.agents:
            try:
                await agent.stop()
            except AssertionError as reason:
                problems.append(str(reason))
        for platform in self.platforms:
            await platform.close()
            problems += platform.violations[:10]
        for fleet in self.fleets:
            problems += await fleet.close()
        for server in self.servers:
            await server.stop()
        for close in reversed(self._closing):
            outcome = close()
            if inspect.isawaitable(outcome):
                await outcome
        for agent in self.agents:
            text = agent.log_path.read_text(encoding="utf-8", errors="replace") if agent.log_path.exists() else ""
            if agent.identity.key in text:
                problems.append("the api key stands in the agent's log")
        if failed or problems:
            self._tell()
        if not failed:
            assert not problems, "\n".join(problems)
        return False

    def _tell(self):
        paths = [part.log_path for part in [*self.agents, *self.servers] if part.log_path.exists()]
        for fleet in self.fleets:
            paths += [path for path in fleet.logs() if path not in paths]
        # A test with many agents prints the logs of the first ones only.
        for path in paths[:12]:
            if path.exists():
                lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
                         if "[DBG] JETSTREAM" not in line]
                print(f"--- {path.parent.name}/{path.name}, last lines")
                print("\n".join(line[:400] for line in lines[-30:]))

    def closing(self, close):
        """Registers a call for the end of the test."""
        self._closing.append(close)

    @property
    def certificates(self):
        if self._certificates is None:
            self._certificates = Certificates(self.folder / "certificates")
        return self._certificates

    def new_server(self, **options):
        server = Server(self.folder / f"server{len(self.servers)}", self.identity, **options)
        self.servers.append(server)
        return server

    async def server(self, **options):
        return await self.new_server(**options).start()

    def new_agent(self):
        agent = Agent(self.folder / f"agent{len(self.agents)}", self.identity)
        self.agents.append(agent)
        return agent

    def agent(self, server, **changes):
        """Starts an agent with the default settings and these changes."""
        agent = self.new_agent()
        agent.write(agent.settings(server if isinstance(server, str) else server.url, **changes))
        return agent.start()

    def agent_within(self, namespace, server):
        """An agent in a network namespace, with telemetry each second."""
        agent = self.new_agent()
        agent.prefix = namespace.prefix
        agent.write(agent.settings(server.url, agent__telemetry_interval="1s"))
        return agent.start()

    async def platform(self, server, **options):
        platform = Platform(self.identity.uuid)
        self.platforms.append(platform)
        return await platform.connect(server if isinstance(server, (str, list)) else server.url, **options)

    async def running(self, *, server_options=None, **changes):
        """A server, a subscribed platform, and an agent that has announced itself."""
        server = await self.server(**(server_options or {}))
        platform = await self.platform(server)
        agent = self.agent(server, **changes)
        await platform.next("telemetry")
        return server, agent, platform
