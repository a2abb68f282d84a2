"""The command line of the agent: version, help, check, snapshot."""

import json
import os
import re
import signal
import subprocess

from harness import schemas
from harness.process import Process
from harness.waiting import until


def call(agent, *arguments, environment=None):
    return subprocess.run(
        [agent.binary, *arguments], env={**agent.environment, **(environment or {})}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False)


async def test_version_and_help_are_printed(lab):
    agent = lab.new_agent()
    version = call(agent, "--version")
    assert version.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", version.stdout)
    text = call(agent, "--help")
    assert text.returncode == 0
    for word in ("--config", "check", "snapshot"):
        assert word in text.stdout
    assert call(agent, "--no-such-option").returncode != 0


async def test_check_prints_the_settings_of_the_connection(lab):
    server = await lab.server()
    agent = lab.new_agent()
    agent.write(agent.settings(server.url))
    good = call(agent, "check", "--config", str(agent.config_path))
    assert good.returncode == 0, good.stdout + good.stderr
    assert lab.identity.uuid in good.stdout
    assert server.url in good.stdout
    assert lab.identity.key not in good.stdout + good.stderr


async def test_check_fails_when_the_agent_would(lab):
    server = lab.new_server()
    server.password = "another-key"
    await server.start()
    agent = lab.new_agent()
    agent.write(agent.settings(server.url))
    wrong = call(agent, "check", "--config", str(agent.config_path))
    assert wrong.returncode not in (0, 78)
    assert "auth" in (wrong.stdout + wrong.stderr).lower()
    assert lab.identity.key not in wrong.stdout + wrong.stderr

    agent.write(agent.settings("nats://127.0.0.1:1"))
    assert call(agent, "check", "--config", str(agent.config_path)).returncode not in (0, 78)

    agent.write("nats:\n  reconnect_wait: soon\n")
    broken = call(agent, "check", "--config", str(agent.config_path))
    assert broken.returncode == 78
    assert f"{agent.config_path}:2" in broken.stdout + broken.stderr


async def test_snapshot_prints_one_telemetry_payload(lab):
    agent = lab.new_agent()
    outcome = call(agent, "snapshot")
    assert outcome.returncode == 0, outcome.stderr
    schemas.check("telemetry.json", json.loads(outcome.stdout))


async def test_snapshot_watch_runs_until_interrupted(lab):
    agent = lab.new_agent()
    log = lab.folder / "watch.log"
    watch = Process([agent.binary, "snapshot", "--watch"], log, environment=agent.environment)
    lab.closing(watch.kill)
    await until(lambda: os.path.getsize(log) > 0 and watch.running, "the first picture")
    size = os.path.getsize(log)
    await until(lambda: os.path.getsize(log) > size, "the second picture")
    await watch.stop(signal.SIGINT)


async def test_the_agent_ends_cleanly_on_either_signal(lab):
    server = await lab.server()
    for number in (signal.SIGINT, signal.SIGTERM):
        agent = lab.agent(server)
        await agent.connected()
        assert await agent.process.stop(number) == 0


async def test_the_agent_ends_cleanly_without_a_server(lab):
    agent = lab.agent("nats://127.0.0.1:1")
    await agent.logged_matching(lambda entry: entry["level"] == "warn", "a failed attempt")
    assert await agent.process.stop(signal.SIGTERM, deadline=10) == 0
