"""Many commands at once: no result is lost or wrong, and shutdown answers all of them."""

import asyncio
import os
import signal

from harness.process import run
from harness.waiting import settled, until


async def test_five_thousand_measurements_are_answered(lab):
    _, _, platform = await lab.running()
    answers = []
    for number in range(5000):
        operation = "system.cpu" if number % 2 == 0 else "system.disk"
        answers.append((await platform.send(operation))[1])
    # Decoding rejects NaN and Infinity, the schemas reject negative values and values above 100 %.
    results = await asyncio.wait_for(asyncio.gather(*answers), 60)
    assert all(envelope["payload"]["status"] == "completed" for envelope, _ in results)
    assert len(results) == 5000
    assert not platform.stray_replies


async def test_shutdown_answers_five_hundred_accepted_commands(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/true"])
    answers = [(await platform.send("system.memory"))[1] for _ in range(490)]
    answers += [(await platform.send("exec", {"command": "/bin/true"}))[1] for _ in range(10)]
    await settled(platform.connection)
    agent.process.send(signal.SIGTERM)
    results = await asyncio.wait_for(asyncio.gather(*answers), 20)
    assert len(results) == 500
    assert await agent.process.ended() == 0


async def test_a_long_command_does_not_delay_shutdown(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/sleep"])
    _, answer = await platform.send("exec", {"command": "/bin/sleep", "args": ["120.5"]})
    await agent.logged("command received")
    agent.process.send(signal.SIGTERM)
    assert await agent.process.ended(60) == 0
    envelope, _ = await asyncio.wait_for(answer, 5)
    assert envelope["payload"]["status"] == "failed"


async def test_the_agent_has_no_listening_socket(lab):
    _, agent, platform = await lab.running()
    await platform.output("system.metrics")
    sockets = await run("ss", "-H", "-lntup")
    assert f"pid={agent.process.pid}," not in sockets
    connected = await run("ss", "-H", "-tnp")
    assert f"pid={agent.process.pid}," in connected, "the search itself has to be able to find it"


async def test_no_descriptor_and_no_child_process_is_leaked(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/true"])

    def descriptors():
        return len(os.listdir(f"/proc/{agent.process.pid}/fd"))

    for _ in range(20):
        await platform.output("exec", {"command": "/bin/true"})
    before = descriptors()
    for _ in range(200):
        await platform.output("exec", {"command": "/bin/true"})
    await until(lambda: descriptors() <= before, "the descriptors of before", 5)
    children = await run("ps", "--ppid", str(agent.process.pid), "-o", "pid=", check=False)
    assert not children.split()
