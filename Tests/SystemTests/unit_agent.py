"""The agent as a unit of a box."""

import asyncio
import time

from harness.agent import Agent

# All operations of the protocol.
ALL_OPERATIONS = [
    "agent.allowed_operations", "services.list", "services.get", "services.start", "services.stop", "services.restart",
    "services.reload", "services.enable", "services.disable", "system.info", "system.metrics", "system.cpu",
    "system.memory", "system.disk", "system.network", "system.update", "telemetry.set_interval",
    "vm.reboot", "vm.shutdown", "exec", "agent.cancel", "agent.status", "logs.tail",
]

# The file system access of a unit of the Go agent, with our binary.
OLD_UNIT = """\
[Unit]
Description=The agent in an old sandbox
After=network-online.target

[Service]
Type=simple
ExecStart=/usr/local/bin/old-agent --config /etc/plusclouds/old-agent.yaml
Restart=always
RestartSec=5
ProtectSystem=strict
ReadWritePaths=/var/log/plusclouds /etc/plusclouds
ProtectHome=true
PrivateTmp=true
NoNewPrivileges=true

[Install]
WantedBy=multi-user.target
"""


class UnitAgent(Agent):
    """An agent started by systemd; otherwise like the acceptance tests' Agent. Its log is its `log.file`."""

    def __init__(self, box, lab, *, unit="plusclouds-agent.service", binary="/usr/bin/plusclouds-agent",
                 config="/etc/plusclouds/agent.yaml"):  # pylint: disable=super-init-not-called
        self.box = box
        self.lab = lab
        self.identity = lab.identity
        self.unit = unit
        self._binary = binary
        self._config = config
        self._log = "/var/log/plusclouds/agent.log"
        self.state = "/var/lib/plusclouds"
        lab.agents.append(self)

    @property
    def binary(self):
        return self._binary

    # A reboot moves the box's files to another path.

    @property
    def config_path(self):
        return self.box.path(self._config)

    @property
    def log_path(self):
        return self.box.path(self._log)

    def settings(self, url, **changes):
        given = {
            "agent__state_dir": self.state, "agent__allowed_operations": ALL_OPERATIONS, "log__file": self._log,
            "iso__mount_path": "/media/plusclouds-config", **changes}
        # All defaults that need a folder of this machine are replaced.
        self.folder = self.box.path("/")
        return super().settings(url, **given)

    def clean_now(self):
        """Stops it and removes its state. Blocks: for fixtures."""
        self.box.outcome_now("systemctl", "stop", self.unit)
        self.box.outcome_now("systemctl", "reset-failed", self.unit)
        self.box.run_now("sh", "-c", f"mkdir -p /etc/plusclouds /var/log/plusclouds; rm -rf '{self._config}' "
                                     f"{self.state}/* /var/log/plusclouds/* /var/log/plusclouds/.state")
        return self

    # pylint: disable=invalid-overridden-method

    async def start(self, *arguments):
        """Starts the unit; with Type=notify this returns when the agent is ready."""
        assert not arguments
        await self.box.run("systemctl", "start", self.unit)
        return self

    async def stop(self):
        """Stops the unit; the exit code has to be 0."""
        if self.box.pid is None or (await self.box.unit(self.unit, "ActiveState"))["ActiveState"] != "active":
            return
        await self.box.run("systemctl", "stop", self.unit)
        found = await self.box.unit(self.unit, "Result", "ExecMainStatus")
        assert found == {"Result": "success", "ExecMainStatus": "0"}, f"{self.unit} was stopped: {found}"

    async def kill(self):
        """Kills only the agent's own process; systemd restarts it after RestartSec, `start()` sooner."""
        pid = await self.pid()
        await self.box.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", self.unit)
        # Before systemd has detected it, a start would have no effect.
        end = time.monotonic() + 30
        while await self.pid() == pid:
            assert time.monotonic() < end, f"{self.unit} still runs as {pid}"
            await asyncio.sleep(0.01)

    async def reload(self):
        await self.box.run("systemctl", "reload", self.unit)

    async def pid(self):
        """The id of its process inside the box; 0 if it is not running."""
        return int((await self.box.unit(self.unit, "MainPID"))["MainPID"])

    async def running(self, *, server_options=None, **changes):
        """A server, a subscribed platform, and this agent, which has announced itself."""
        server = await self.lab.server(**(server_options or {}))
        platform = await self.lab.platform(server)
        await asyncio.to_thread(self.write, self.settings(server.url, **changes))
        await self.start()
        await platform.next("telemetry")
        return server, platform
