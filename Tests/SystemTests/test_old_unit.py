"""Our binary in place of the Go agent's, under a unit that can write only to its log and configuration folders."""


async def test_the_agent_runs_in_the_old_sandbox(old_agent):
    _, platform = await old_agent.running(agent__allowed_commands=["/usr/bin/id"])
    assert await platform.output("system.info")
    status = await platform.output("agent.status")
    assert status["version"]
    assert await old_agent.pid() != 0
