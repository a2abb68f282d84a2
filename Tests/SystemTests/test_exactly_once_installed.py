"""The storm of Tests/Acceptance/test_exactly_once.py with the installed agent, whose programs are separate units."""

import pytest

from test_exactly_once import Observer, Storm

FILE = "/root/effects"


class UnitStorm(Storm):
    """Kills the unit's process and restarts it by systemd."""

    async def kill_agent(self):
        await self.agent.kill()
        await self.agent.start()

    def effects(self):
        return self.agent.box.read(FILE).split()


async def storm(agent, **amounts):
    agent.box.path(FILE).unlink(missing_ok=True)
    server, platform = await agent.running(
        server_options={"jetstream": True}, agent__allowed_commands=["/bin/sh"], nats__reconnect_wait="200ms")
    observer = Observer(platform)
    await observer.create()
    await UnitStorm(server, agent, observer, FILE).rage(**amounts)


async def test_no_command_runs_twice_when_the_unit_is_killed(agent):
    await storm(agent, commands=60, agent_kills=4, server_kills=1)


@pytest.mark.soak
async def test_none_of_a_thousand_commands_runs_twice(agent):
    await storm(agent, commands=1000, agent_kills=40, server_kills=10)
