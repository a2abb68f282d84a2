"""A cluster of three servers: the agent moves to another node when its node ends."""

import contextlib
import socket
import time

import pytest

from harness.server import free_port
from harness.waiting import until


async def cluster(lab, advertise=()):
    """Starts three nodes with full routes, announced to clients under these addresses."""
    routes = [free_port() for _ in range(3)]
    nodes = []
    for number, route in enumerate(routes):
        node = lab.new_server(
            cluster={"server_name": f"node{number}", "name": "acceptance", "listen": f"127.0.0.1:{route}",
                     "routes": [f"nats-route://127.0.0.1:{other}" for other in routes if other != route]},
            extra={"lame_duck_duration": "30s", "lame_duck_grace_period": "5s",
                   **({"client_advertise": advertise[number]} if advertise else {})})
        nodes.append(await node.start())
    for node in nodes:
        await until(lambda node=node: node.process.log_text().count("Route connection created") >= 2, "routes")
    return nodes


def node_of(nodes, entry):
    return next(node for node in nodes if str(node.port) in entry["url"])


@pytest.mark.parametrize("how", ["kill", "lame_duck"])
@pytest.mark.parametrize("knows", ["all", "one"])
async def test_the_agent_moves_to_another_node(lab, how, knows):
    nodes = await cluster(lab)
    urls = [node.url for node in nodes]
    agent = lab.agent(",".join(urls) if knows == "all" else urls[0])
    first = node_of(nodes, await agent.logged("connected to NATS"))
    platform = await lab.platform([node.url for node in nodes if node is not first])
    # The platform's node knows the agent's interest: it has crossed the route.
    await platform.answers()

    log_since, since = agent.log_position, platform.position
    began = time.monotonic()
    if how == "kill":
        first.kill()
    else:
        first.lame_duck()
    connected_at = await agent.connected(log_since)
    assert connected_at - began <= 2.0
    second = node_of(nodes, agent.log("connected to NATS", log_since)[0])
    assert second is not first
    if how == "lame_duck":
        assert first.process.running, "moved before the server closed"
    await platform.next("capabilities", since)
    await platform.answers()


async def test_unreachable_announced_addresses_do_not_delay_the_configured_one(lab):
    with contextlib.ExitStack() as stack:
        # They accept and stay silent, as behind a firewall that answers for others.
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        nodes = await cluster(lab, [f"127.0.0.1:{dead.getsockname()[1]}" for dead in silent])
        agent = lab.agent(nodes[0].url)
        await agent.connected()
        position = agent.log_position
        nodes[0].kill()
        await agent.logged("disconnected from NATS", position)
        await nodes[0].start()
        began = time.monotonic()
        assert await agent.connected(position) - began < 10
        assert agent.log("connected to NATS", position)[0]["url"] == nodes[0].url
