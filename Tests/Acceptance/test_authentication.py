"""Identity, wrong keys, new keys: an agent keeps retrying and needs no restart."""

import json

from harness.waiting import until


def speaks_of_authorization(entry):
    return entry["level"] in ("warn", "error") and "auth" in json.dumps(entry).lower()


async def test_a_wrong_key_is_logged_and_corrected_on_the_server(lab):
    server = lab.new_server()
    server.password = "another-key"
    await server.start()
    platform = await lab.platform(server)
    agent = lab.agent(server)
    entry = await agent.logged_matching(speaks_of_authorization, "the refusal")
    assert lab.identity.key not in json.dumps(entry)
    # It keeps retrying after several refusals, after which other clients close permanently.
    await until(lambda: server.process.log_text().count("authentication error") >= 4, "four attempts", 30)
    assert agent.process.running

    server.password = lab.identity.key
    await server.reload()
    await agent.connected()
    await platform.next("capabilities")
    await platform.output("system.memory")


async def test_a_key_is_rotated_without_a_restart(lab):
    server, agent, platform = await lab.running()
    pid = agent.process.pid
    log_since, since = agent.log_position, platform.position

    lab.identity.key = "rotated-" + lab.identity.key
    agent.write(agent.settings(server.url))
    server.password = lab.identity.key
    # The server closes connections whose password changed.
    await server.reload()

    await agent.connected(log_since)
    await platform.next("capabilities", since)
    await platform.output("system.memory")
    assert agent.process.pid == pid and agent.process.running


async def test_a_key_added_later_to_the_file_is_used(lab):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    agent.write(agent.settings(server.url, nats__api_key=""))
    agent.start()
    await agent.logged_matching(lambda entry: entry["level"] in ("warn", "error") and "api_key" in json.dumps(entry),
                                "a warning that the key is empty")
    agent.write(agent.settings(server.url))
    await agent.connected()
    await platform.next("capabilities")


async def test_a_permission_error_is_logged_and_survived(lab):
    server = lab.new_server()
    user = {"user": lab.identity.uuid, "password": lab.identity.key, "permissions": {
        "subscribe": {"allow": [f"agent.vm.{lab.identity.uuid}.cmd"]},
        "publish": {"allow": [f"agent.vm.{lab.identity.uuid}.evt"]},
        "allow_responses": {"max": 1, "expires": "60s"}}}
    server.extra = {"authorization": {"users": [{"user": "platform", "password": "platform-password"}, user]}}
    await server.start()
    platform = await lab.platform(server)
    agent = lab.agent(server, agent__telemetry_interval="1s")
    await platform.next("telemetry", count=3)
    await agent.logged_matching(
        lambda entry: entry["level"] in ("warn", "error") and "ermission" in json.dumps(entry), "the violation")
    await platform.output("system.memory")
    assert not platform.telemetry_for_clients()


async def test_a_permanently_refused_identity_exhausts_its_reconnects(lab):
    server = lab.new_server()
    server.password = "another-key"
    await server.start()
    agent = lab.agent(server, nats__max_reconnects=3, nats__reconnect_wait="200ms")
    assert await agent.process.ended() == 1
