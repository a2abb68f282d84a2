"""Servers that are unavailable, end, or stop responding."""

import asyncio
import json
import time

from harness.network import Namespace
from harness.relay import Relay
from harness.server import free_port
from harness.waiting import until

# The agent sends a PING every 20 s; a dead link is detected within 60 s.
NOTICED_S = 60


def lost(entry):
    return entry["msg"] != "connected to NATS" and "connect" in json.dumps(entry).lower() \
        and entry["level"] in ("warn", "error")


async def test_the_agent_connects_when_the_server_starts_later(lab):
    server = lab.new_server()
    agent = lab.agent(server)
    await agent.logged_matching(lost, "the failed attempt")
    assert agent.process.running
    await server.start()
    await agent.connected()
    platform = await lab.platform(server)
    await platform.answers()


async def stored(connection, stream):
    """All messages of a stream, in order, each with the time at which the server stored it."""
    manager = connection.jetstream()
    state = (await manager.stream_info(stream)).state
    messages = []
    for sequence in range(max(1, state.first_seq), state.last_seq + 1):
        message = await manager.get_msg(stream, sequence)
        messages.append(json.loads(message.data))
    return messages


async def test_telemetry_of_a_ten_second_outage_is_delivered(lab):
    server = await lab.server(jetstream=True)
    platform = await lab.platform(server)
    # A stream also has the messages from before this client reconnects.
    streams = platform.connection.jetstream()
    await streams.add_stream(name="AGENT_EVENTS", subjects=["agent.vm.*.evt"])
    await streams.add_stream(name="VM_TELEMETRY", subjects=["vm.*.telemetry"])
    agent = lab.agent(server, agent__telemetry_interval="1s")
    await platform.next("telemetry", count=3)

    log_since = agent.log_position
    server.kill()
    killed_at = time.time()
    await asyncio.sleep(10)
    await server.start()
    returned_at = time.time()
    began = time.monotonic()
    connected_at = await agent.connected(log_since)
    assert connected_at - began <= 2.0, "back within two seconds of the server"

    await until(lambda: platform.connection.is_connected, "the platform's own connection")

    async def fresh_came():
        events = await stored(platform.connection, "AGENT_EVENTS")
        return [event for event in events if event["type"] == "telemetry" and event["timestamp"] > returned_at + 2]
    deadline = time.monotonic() + 20
    while not await fresh_came():
        assert time.monotonic() < deadline, "no telemetry after the return"
        await asyncio.sleep(0.2)

    for stream in ("AGENT_EVENTS", "VM_TELEMETRY"):
        snapshots = [event for event in await stored(platform.connection, stream) if event["type"] == "telemetry"]
        times = [event["timestamp"] for event in snapshots]
        assert times == sorted(times), "oldest first"
        of_outage = [moment for moment in times if killed_at < moment < returned_at - 0.5]
        # One a second for ten seconds, minus one at each end.
        assert len(of_outage) >= 8, times
        assert len({event["id"] for event in snapshots}) == len(snapshots), "each of them once"
    kinds = [event["type"] for event in await stored(platform.connection, "AGENT_EVENTS")]
    assert kinds.count("capabilities") == 2, "capabilities anew after the reconnect"
    assert kinds.count("heartbeat") == 2, "heartbeat anew after the reconnect, none of the outage"


async def test_a_silent_server_times_out(lab):
    port = free_port()
    held = []
    mute = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", port)
    agent = lab.agent(f"nats://127.0.0.1:{port}")
    await until(lambda: held, "a connection")
    await agent.logged_matching(lost, "that nothing was said", deadline=NOTICED_S)
    mute.close()
    server = await lab.server(port=port)
    await agent.connected()
    for writer in held:
        writer.close()
    platform = await lab.platform(server)
    await platform.answers()


async def test_a_silent_connection_is_detected(lab):
    server = await lab.server()
    relay = await Relay(server.port).start()
    lab.closing(relay.close)
    platform = await lab.platform(server)
    agent = lab.agent(relay.url, agent__telemetry_interval="1s")
    await platform.next("telemetry", count=2)
    log_since, since = agent.log_position, platform.position
    relay.freeze()
    await agent.logged_matching(lost, "that the link is dead", log_since, deadline=NOTICED_S)
    await agent.connected(log_since)
    await platform.next("capabilities", since)
    await platform.output("system.memory")


async def test_a_disconnected_cable_is_detected(lab):
    namespace = await Namespace().create()
    lab.closing(namespace.remove)
    server = await lab.server(host=namespace.host)
    platform = await lab.platform(server)
    agent = lab.agent_within(namespace, server)
    await platform.next("telemetry", count=2)

    log_since, since = agent.log_position, platform.position
    await namespace.cut()
    await agent.logged_matching(lost, "that the link is dead", log_since, deadline=NOTICED_S)
    await namespace.mend()
    await agent.connected(log_since)
    await platform.next("capabilities", since)
    await platform.output("system.memory")


async def test_repeatedly_closed_connections_are_reopened(lab):
    server = await lab.server()
    platform = await lab.platform(server)
    relay = await Relay(server.port).start()
    lab.closing(relay.close)
    agent = lab.agent(relay.url)
    await agent.connected()
    for _ in range(10):
        log_since = agent.log_position
        relay.cut()
        await agent.connected(log_since)
    await platform.answers()
    status = await platform.output("agent.status")
    assert status["connection"]["reconnects"] == 10
