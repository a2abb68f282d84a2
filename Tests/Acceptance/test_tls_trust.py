"""Data received before TLS is not trusted, and only a server with a certificate for a configured name receives the key."""

import json
import os
import ssl
import uuid

import pytest
import yaml

from harness.fleet import Fleet, run_program
from harness.interception import InterceptingRelay, RogueServer
from harness.process import Process
from harness.server import PLATFORM_PASSWORD, PLATFORM_USER, free_port
from harness.waiting import settled, until

UNREACHABLE, CONFIGURATION = 69, 78
TOKEN = "plso_" + uuid.uuid4().hex
SCHEMES = ["tls", "nats"]
LAME_DUCK = [pytest.param(True, id="ldm"), pytest.param(False, id="no-ldm")]
ROGUES = [("127.0.0.2", "IP:127.0.0.2"), ("localhost", "DNS:localhost")]


async def rogue_server(lab, host="127.0.0.2", name="IP:127.0.0.2"):
    rogue = await RogueServer(host, lab.certificates.issue("rogue", name)).start()
    lab.closing(rogue.close)
    return rogue


async def intercepted(lab, server, rogue, ldm):
    """A relay to the server whose plain INFO also names the rogue server; a client that trusts it moves there."""
    relay = await InterceptingRelay(
        server.port, changes={"connect_urls": [rogue.address], **({"ldm": True} if ldm else {})}).start()
    lab.closing(relay.close)
    return relay


def only_ip(lab):
    """The real server's certificate: valid for the configured address, not for the names of the rogue one."""
    return lab.certificates.issue("real", "IP:127.0.0.1")


# Announcements before TLS

@pytest.mark.parametrize("ldm", LAME_DUCK)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("rogue_name", ROGUES, ids=["address", "name"])
async def test_the_agent_ignores_servers_announced_before_tls(lab, scheme, ldm, rogue_name):
    server = await lab.server(tls=only_ip(lab))
    rogue = await rogue_server(lab, *rogue_name)
    relay = await intercepted(lab, server, rogue, ldm)
    agent = lab.agent(f"{scheme}://127.0.0.1:{relay.port}", nats__tls={"ca_file": lab.certificates.ca})
    await agent.connected()
    position = agent.log_position
    relay.cut()
    await until(lambda: rogue.connects or agent.log("connected to NATS", position), "the next connection")
    assert not rogue.connects, "the api key went to the rogue server"
    assert rogue.accepted == 0


@pytest.mark.parametrize("ldm", LAME_DUCK)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_plsctl_ignores_servers_announced_before_tls(lab, scheme, ldm):
    users = [{"user": "ops", "password": TOKEN}, {"user": PLATFORM_USER, "password": PLATFORM_PASSWORD}]
    server = await lab.server(tls=only_ip(lab), extra={"authorization": {"users": users}})
    rogue = await rogue_server(lab)
    relay = await intercepted(lab, server, rogue, ldm)
    platform = await lab.platform(server, tls=ssl.create_default_context(cafile=lab.certificates.ca))
    requests = []

    async def hold(message):
        """Sends no answer, so that plsctl waits."""
        requests.append(message)
    await platform.connection.subscribe("pls.api.>", cb=hold)
    await settled(platform.connection)
    path = write_context(lab, url=f"{scheme}://127.0.0.1:{relay.port}", ca_file=lab.certificates.ca)
    process = Process([os.environ["PLSCTL"], "status", "--timeout", "30s"], lab.folder / "plsctl.log",
                      environment={"PATH": "/usr/bin:/bin", "HOME": str(lab.folder), "PLSCTL_CONFIG": str(path)})
    lab.closing(process.kill)
    await until(lambda: rogue.connects or requests, "plsctl's request")
    relay.cut()
    await until(lambda: rogue.connects or relay.accepted >= 2, "plsctl's next connection")
    assert not rogue.connects, "the operator's token went to the rogue server"
    assert rogue.accepted == 0


@pytest.mark.parametrize("ldm", LAME_DUCK)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_platform_ignores_servers_announced_before_tls(lab, scheme, ldm):
    fleet = Fleet(lab)
    server = fleet.add_servers()[0]
    server.tls = only_ip(lab)
    await server.start()
    rogue = await rogue_server(lab)
    relay = await intercepted(lab, server, rogue, ldm)
    instance = fleet.add_instance(nats__url=f"{scheme}://127.0.0.1:{relay.port}",
                                  nats__tls={"ca_file": lab.certificates.ca})
    instance.start()
    await until(lambda: rogue.connects or "the platform answers" in instance.process.log_text(), "a platform", 60)
    before = relay.accepted
    relay.cut()
    await until(lambda: rogue.connects or relay.accepted >= before + 2, "the platform's next connections", 60)
    assert not rogue.connects, "the platform went to the rogue server"
    assert rogue.accepted == 0
    instance.kill()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_bytes_between_info_and_the_handshake_end_the_connection(lab, scheme):
    server = await lab.server(tls=only_ip(lab))
    rogue = await rogue_server(lab)
    second = b"INFO " + json.dumps({"connect_urls": [rogue.address], "ldm": True}).encode() + b"\r\nPONG\r\n"
    relay = await InterceptingRelay(server.port, injected=second).start()
    lab.closing(relay.close)
    agent = lab.agent(f"{scheme}://127.0.0.1:{relay.port}", nats__tls={"ca_file": lab.certificates.ca})
    await agent.logged_matching(lambda entry: "plain text after TLS was agreed" in str(entry), "the violation")
    assert not agent.log("connected to NATS")
    assert rogue.accepted == 0


async def test_an_error_before_tls_is_not_treated_as_refused_credentials(lab):
    server = await lab.server(tls=only_ip(lab))
    relay = await InterceptingRelay(server.port, instead=b"-ERR 'Authorization Violation'\r\n").start()
    lab.closing(relay.close)
    agent = lab.new_agent()
    agent.write(agent.settings(f"tls://127.0.0.1:{relay.port}", nats__tls={"ca_file": lab.certificates.ca}))
    outcome = await run_program([agent.binary, "check", "--config", str(agent.config_path)], agent.environment)
    assert outcome.code == UNREACHABLE, outcome


# Announcements inside TLS

async def announcing_cluster(lab, rogue):
    """Two real servers, the second announced inside TLS under the rogue one's address."""
    routes = [free_port(), free_port()]
    nodes = []
    for number, route in enumerate(routes):
        nodes.append(await lab.server(
            tls=only_ip(lab), extra={"client_advertise": rogue.address} if number else {},
            cluster={"server_name": f"n{number}", "name": "acceptance", "listen": f"127.0.0.1:{route}",
                     "routes": [f"nats-route://127.0.0.1:{routes[1 - number]}"]}))
    await until(lambda: "Route connection created" in nodes[0].process.log_text(), "the route")
    return nodes[0]


@pytest.mark.parametrize("rogue_name", ROGUES, ids=["address", "name"])
async def test_a_discovered_server_needs_a_certificate_for_a_configured_name(lab, rogue_name):
    rogue = await rogue_server(lab, *rogue_name)
    server = await announcing_cluster(lab, rogue)
    agent = lab.agent(server.url, nats__tls={"ca_file": lab.certificates.ca})
    await agent.connected()
    server.kill()
    await agent.logged_matching(
        lambda entry: "server_names" in str(entry) and "is not for" in str(entry), "a word about the certificate")
    assert rogue.accepted >= 1
    assert not rogue.connects


@pytest.mark.parametrize("rogue_name", ROGUES, ids=["address", "name"])
async def test_a_listed_name_suffices_for_a_discovered_server(lab, rogue_name):
    other = await rogue_server(lab, *rogue_name)
    server = await announcing_cluster(lab, other)
    agent = lab.agent(server.url, nats__tls={"ca_file": lab.certificates.ca, "server_names": [rogue_name[0]]})
    await agent.connected()
    server.kill()
    await until(lambda: other.connects, "a CONNECT at the discovered server")


async def test_discovery_can_be_turned_off(lab):
    rogue = await rogue_server(lab)
    server = await announcing_cluster(lab, rogue)
    agent = lab.agent(server.url, nats__discover=False,
                      nats__tls={"ca_file": lab.certificates.ca, "server_names": ["127.0.0.2"]})
    await agent.connected()
    position = agent.log_position
    server.kill()
    await server.start()
    await agent.connected(position)
    assert rogue.accepted == 0


@pytest.mark.parametrize("names", [["IP:127.0.0.1"], ["DNS:nats.example", "DNS:localhost", "IP:127.0.0.1"]],
                         ids=["one", "all"])
async def test_a_cluster_with_certificates_for_a_configured_name_is_discovered(lab, names):
    tls = lab.certificates.issue("node", *names)
    routes = [free_port() for _ in range(3)]
    nodes = []
    for number, route in enumerate(routes):
        nodes.append(await lab.server(tls=tls, cluster={
            "server_name": f"node{number}", "name": "acceptance", "listen": f"127.0.0.1:{route}",
            "routes": [f"nats-route://127.0.0.1:{other}" for other in routes if other != route]}))
    for node in nodes:
        await until(lambda node=node: node.process.log_text().count("Route connection created") >= 2, "routes")
    agent = lab.agent(nodes[0].url, nats__tls={"ca_file": lab.certificates.ca})
    await agent.connected()
    position = agent.log_position
    nodes[0].kill()
    entry = await agent.logged("connected to NATS", position)
    assert entry["url"] in {nodes[1].url, nodes[2].url}


# The check before CONNECT

@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_server_that_loses_tls_gets_no_key(lab, scheme):
    """The relay strips TLS from the second connection on; the authority is in the system's trust store."""
    server = await lab.server(tls=only_ip(lab))
    relay = await InterceptingRelay(
        server.port, changes={"tls_required": False, "tls_available": False}, after=1).start()
    lab.closing(relay.close)
    agent = lab.new_agent()
    # The test's authority replaces that of the system, so that no setting requires TLS.
    agent.prefix = ("unshare", "--mount", "sh", "-c",
                    f'mount --bind {lab.certificates.ca} /etc/ssl/certs/ca-certificates.crt && exec "$@"', "sh")
    agent.write(agent.settings(f"{scheme}://127.0.0.1:{relay.port}"))
    agent.start()
    await agent.connected()
    position = agent.log_position
    relay.cut()

    def refusals():
        return [entry for entry in agent.log(since=position) if "tlsRequired" in str(entry)]
    await until(lambda: relay.plain_connects or refusals(), "the refusal")
    assert not relay.plain_connects, "the api key went out in clear text"
    if scheme == "nats":
        assert "used TLS before in this process" in str(refusals()[0])


@pytest.mark.parametrize("how", ["ca_file", "client certificate", "first"])
@pytest.mark.parametrize("key", ["nats.websocket_url", "nats.url"])
async def test_clear_text_websockets_conflict_with_tls_settings(lab, how, key):
    certificates = lab.certificates
    server = await lab.server(websocket={})
    tls = {"ca_file": {"ca_file": certificates.ca}, "first": {"first": True},
           "client certificate": {"cert_file": certificates.client_cert, "key_file": certificates.client_key}}[how]
    agent = lab.new_agent()
    changes = {"nats__connection_type": "websocket", "nats__websocket_url": server.websocket_url}
    agent.write(agent.settings(server.websocket_url, nats__tls=tls, **(changes if key == "nats.websocket_url" else {})))
    for arguments in (["check"], []):
        process = Process([agent.binary, *arguments, "--config", str(agent.config_path)], agent.log_path,
                          environment=agent.environment)
        lab.closing(process.kill)
        await until(lambda process=process: not process.running or "Client connection created" in server.process.log_text(),
                    "its end")
        assert "Client connection created" not in server.process.log_text(), "it connected in clear text"
        assert process.exit_code == CONFIGURATION, process.log_text()
    assert "wss://" in agent.log_path.read_text(encoding="utf-8")


async def test_plsctl_and_platform_reject_clear_text_websockets_with_tls_settings(lab):
    path = write_context(lab, url="ws://127.0.0.1:1", ca_file=lab.certificates.ca)
    outcome = await plsctl(lab, path, "status")
    assert outcome.code == CONFIGURATION and "wss://" in outcome.err, outcome
    fleet = Fleet(lab)
    fleet.add_servers()
    instance = fleet.add_instance(nats__url="ws://127.0.0.1:1", nats__tls={"ca_file": lab.certificates.ca})
    instance.write()
    outcome = await fleet.platform("serve", "--config", str(instance.config_path))
    assert outcome.code == CONFIGURATION and "wss://" in outcome.err, outcome


@pytest.mark.parametrize("url", ["nats://nats.invalid:4222", "ws://nats.invalid:8080"])
async def test_a_key_in_clear_text_causes_one_warning(lab, url):
    agent = lab.new_agent()
    agent.write(agent.settings(url))
    agent.start()
    await agent.logged("connection to NATS failed")
    await agent.stop()
    assert agent.log_path.read_text(encoding="utf-8").count("clear text") == 1
    outcome = await run_program([agent.binary, "check", "--config", str(agent.config_path)], agent.environment)
    assert outcome.code == UNREACHABLE and outcome.out.count("clear text") == 1, outcome
    outcome = await plsctl(lab, write_context(lab, url=url), "status", "-o", "json")
    assert outcome.code == UNREACHABLE and outcome.err.count("clear text") == 1, outcome
    assert "clear text" not in outcome.out
    fleet = Fleet(lab)
    fleet.add_servers()
    instance = fleet.add_instance(nats__url=url)
    instance.write()
    outcome = await fleet.platform("check", "--config", str(instance.config_path))
    assert outcome.code == UNREACHABLE and outcome.out.count("clear text") == 1, outcome


@pytest.mark.parametrize("url", ["nats://127.0.0.1:1", "tls://nats.invalid", "wss://nats.invalid"])
async def test_a_local_or_encrypted_key_causes_no_warning(lab, url):
    agent = lab.new_agent()
    agent.write(agent.settings(url))
    outcome = await run_program([agent.binary, "check", "--config", str(agent.config_path)], agent.environment)
    assert "clear text" not in outcome.out, outcome
    outcome = await plsctl(lab, write_context(lab, url=url), "status")
    assert "clear text" not in outcome.err, outcome


async def test_a_context_keeps_its_trust_settings(lab):
    path = lab.folder / "contexts.yaml"
    token = lab.folder / "token"
    token.write_text(TOKEN, encoding="ascii")
    add = ("--operator", "ops", "--token-file", str(token))
    outcome = await plsctl(lab, path, "context", "add", "it", "--url", "tls://nats.invalid", *add, "--tls-first",
                           "--server-name", "nats.internal", "--server-name", "10.0.0.7", "--no-discover")
    assert outcome.code == 0, outcome
    shown = (await plsctl(lab, path, "context", "show", "it", "-o", "json")).json
    assert (shown["tls_first"], shown["discover"]) == (True, False)
    assert shown["server_names"] == ["nats.internal", "10.0.0.7"]
    for refused in (("--url", "ws://nats.invalid", "--tls-first"), ("--url", "ws://nats.invalid", "--ca-file", "ca.pem"),
                    ("--url", "tls://nats.invalid", "--server-name", "*.invalid")):
        outcome = await plsctl(lab, path, "context", "add", "other", *add, *refused)
        assert outcome.code == 2, outcome


# TLS first

async def test_servers_with_handshake_first_are_supported(lab):
    """Agent, platform and plsctl against one nats-server that sends nothing before TLS."""
    fleet = Fleet(lab)
    server = fleet.add_servers()[0]
    server.tls = {**lab.certificates.server_tls, "handshake_first": True}
    await server.start()
    tls = {"ca_file": lab.certificates.ca, "first": True}
    instance = fleet.add_instance(nats__tls=tls)
    await fleet.add_operator("admin", "admin")
    instance.start()
    await instance.ready()
    contexts = yaml.safe_load(fleet.contexts_path.read_text(encoding="utf-8"))
    contexts["contexts"][contexts["current"]].update(ca_file=lab.certificates.ca, tls_first=True)
    fleet.contexts_path.write_text(yaml.safe_dump(contexts), encoding="utf-8")
    issued = (await fleet.plsctl("agents", "enroll", "-o", "json")).json
    lab.identity.uuid, lab.identity.key = issued["subject"], issued["token"]
    agent = fleet.agent(lab.identity, nats__tls=tls)
    await agent.connected()


async def test_a_server_that_sends_no_info_is_explained(lab):
    server = await lab.server(tls={**lab.certificates.server_tls, "handshake_first": True})
    agent = lab.agent(server.url, nats__tls={"ca_file": lab.certificates.ca})
    await agent.logged_matching(
        lambda entry: "handshake_first" in str(entry) and "tls.first" in str(entry), "the hint")
    assert not agent.log("connected to NATS")


def write_context(lab, **context):
    path = lab.folder / "contexts.yaml"
    path.write_text(yaml.safe_dump({"current": "it", "contexts": {"it": {
        "operator": "ops", "token": TOKEN, **context}}}), encoding="utf-8")
    path.chmod(0o600)
    return path


async def plsctl(lab, path, *arguments):
    return await run_program([os.environ["PLSCTL"], *arguments], {
        "PATH": "/usr/bin:/bin", "HOME": str(lab.folder), "PLSCTL_CONFIG": str(path), "TERM": "dumb"})
