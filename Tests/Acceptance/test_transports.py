"""Every transport to a server; the independent client uses plain TCP or TLS."""

import json
import os
import ssl
import subprocess

import pytest

from harness.proxy import Proxy
from harness.waiting import until


def servers():
    return [pytest.param("NATS_SERVER", id="current"), pytest.param("NATS_SERVER_OLD", id="2.9")]


async def converse(platform):
    """Checks that the agent has announced itself and gives small and large answers."""
    await platform.next("capabilities")
    await platform.next("heartbeat")
    await platform.next("telemetry")
    await platform.output("system.memory")
    output = await platform.output("exec", {"command": "/usr/bin/seq", "args": ["1", "60000"]})
    assert output["stdout"].startswith("1\n2\n")
    assert output["stdout"].endswith("\n60000\n")


async def platform_of(lab, server):
    if not server.tls:
        return await lab.platform(server)
    context = ssl.create_default_context(cafile=lab.certificates.ca)
    context.load_cert_chain(lab.certificates.client_cert, lab.certificates.client_key)
    return await lab.platform(server, tls=context)


EXEC = {"agent__allowed_commands": ["/usr/bin/seq"]}


@pytest.mark.parametrize("binary", servers())
async def test_tcp_connects(lab, binary):
    server = await lab.server(binary=os.environ[binary])
    platform = await platform_of(lab, server)
    lab.agent(server, **EXEC)
    await converse(platform)


@pytest.mark.parametrize("binary", servers())
async def test_tls_connects_with_a_private_authority(lab, binary):
    server = await lab.server(binary=os.environ[binary], tls=lab.certificates.server_tls)
    platform = await platform_of(lab, server)
    agent = lab.agent(server, nats__tls={"ca_file": lab.certificates.ca}, **EXEC)
    await converse(platform)
    assert (await agent.logged("connected to NATS"))["url"] == server.url


async def test_tls_is_used_when_the_server_requires_it(lab):
    server = await lab.server(tls=lab.certificates.server_tls)
    platform = await platform_of(lab, server)
    lab.agent(server.url.replace("tls://", "nats://"), nats__tls={"ca_file": lab.certificates.ca}, **EXEC)
    await converse(platform)


async def test_tls_connects_with_a_client_certificate(lab):
    tls = {**lab.certificates.server_tls, "ca_file": lab.certificates.ca, "verify": True}
    server = await lab.server(tls=tls)
    platform = await platform_of(lab, server)
    lab.agent(server, nats__tls={"ca_file": lab.certificates.ca, "cert_file": lab.certificates.client_cert,
                                 "key_file": lab.certificates.client_key}, **EXEC)
    await converse(platform)


async def test_an_unknown_authority_is_rejected_and_logged(lab):
    server = await lab.server(tls=lab.certificates.server_tls)
    agent = lab.agent(server)
    entry = await agent.logged_matching(
        lambda entry: entry["level"] in ("warn", "error") and "certificate" in str(entry).lower(),
        "a word about the certificate")
    assert lab.identity.key not in str(entry)
    assert agent.process.running
    assert not agent.log("connected to NATS")


async def test_tls_does_not_fall_back_to_plain_text(lab):
    server = await lab.server()
    agent = lab.agent(server.url.replace("nats://", "tls://"), nats__tls={"ca_file": lab.certificates.ca})
    await agent.logged_matching(
        lambda entry: entry["level"] in ("warn", "error") and "tls" in str(entry).lower(), "a word about TLS")
    assert not agent.log("connected to NATS")


@pytest.mark.parametrize("binary", servers())
@pytest.mark.parametrize("secure,compression", [(False, False), (False, True), (True, False), (True, True)])
async def test_websocket_connects(lab, binary, secure, compression):
    websocket = {"compression": compression}
    changes = {}
    if secure:
        websocket["tls"] = lab.certificates.server_tls
        changes["nats__tls"] = {"ca_file": lab.certificates.ca}
    server = await lab.server(binary=os.environ[binary], websocket=websocket)
    platform = await platform_of(lab, server)
    agent = lab.agent(server, nats__connection_type="websocket", nats__websocket_url=server.websocket_url,
                      **changes, **EXEC)
    await converse(platform)
    assert (await agent.logged("connected to NATS"))["url"].startswith(server.websocket_url)
    # It also reconnects after the server was down.
    log_since = agent.log_position
    server.kill()
    await server.start()
    await agent.connected(log_since)
    await until(lambda: platform.connection.is_connected, "the platform's own connection")
    await platform.answers()


@pytest.mark.parametrize("transport", ["tcp", "tls", "ws", "wss"])
async def test_a_proxy_with_authorization_connects(lab, transport):
    proxy = await Proxy(lab.folder / "proxy").start()
    lab.closing(proxy.stop)
    options, changes = {}, {}
    if transport == "tls":
        options["tls"] = lab.certificates.server_tls
    if transport in ("ws", "wss"):
        options["websocket"] = {"tls": lab.certificates.server_tls} if transport == "wss" else {}
    server = await lab.server(**options)
    if transport in ("tls", "wss"):
        changes["nats__tls"] = {"ca_file": lab.certificates.ca}
    if transport in ("ws", "wss"):
        changes.update(nats__connection_type="websocket", nats__websocket_url=server.websocket_url)
    platform = await platform_of(lab, server)
    agent = lab.agent(server, nats__proxy=proxy.url, **changes, **EXEC)
    await converse(platform)
    assert proxy.connects(), "the connection went past the proxy"
    assert proxy.password not in agent.process.log_text()


def beyond_loopback(server):
    """The server's URL with an address outside of the loopback, which bypasses the proxy."""
    return server.url.replace("127.0.0.1", "0.0.0.0")


async def test_the_proxy_of_the_environment_is_used(lab):
    proxy = await Proxy(lab.folder / "proxy").start()
    lab.closing(proxy.stop)
    server = await lab.server()
    platform = await platform_of(lab, server)
    agent = lab.new_agent()
    agent.environment["HTTPS_PROXY"] = proxy.url
    agent.write(agent.settings(beyond_loopback(server), **EXEC))
    agent.start()
    await converse(platform)
    assert proxy.connects()


@pytest.mark.parametrize("entries", ["0.0.0.0/8", ".corp.test,0.0.0.0/8", "0.0.0.0/32:PORT", "::ffff:0.0.0.0/104"])
async def test_a_range_of_addresses_bypasses_the_proxy(lab, entries):
    server = await lab.server()
    agent = lab.new_agent()
    # There is no listener on port 9.
    agent.environment |= {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": entries.replace("PORT", str(server.port))}
    agent.write(agent.settings(beyond_loopback(server)))
    agent.start()
    await agent.connected()


async def test_the_loopback_bypasses_the_proxy_without_a_warning(lab):
    server = await lab.server()
    agent = lab.new_agent()
    agent.environment["HTTPS_PROXY"] = "http://127.0.0.1:9"
    agent.write(agent.settings(server.url))
    agent.start()
    await agent.connected()


@pytest.mark.parametrize("entry", ["0.0.0.0/33", "0.0.0.0/", "0.*", "10.0.0.0/8/8"])
async def test_an_invalid_entry_of_no_proxy_is_named(lab, entry):
    server = await lab.server()
    agent = lab.new_agent()
    agent.environment |= {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": f"10.0.0.0/8,{entry}"}
    agent.write(agent.settings(beyond_loopback(server)))
    agent.start()
    warning = await agent.logged_matching(lambda line: "NO_PROXY" in json.dumps(line), "a warning")
    assert warning["level"] == "warn" and entry in warning["reason"] and "10.0.0.0/8\"" not in warning["reason"]
    await agent.logged_matching(lambda line: line["msg"] == "connection to NATS failed" and "proxy" in line["reason"],
                                "the proxy is tried")
    check = subprocess.run([agent.binary, "check", "--offline", "--config", str(agent.config_path)],
                           env=agent.environment, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr
    assert f'"{entry}"' in check.stdout
    assert "proxy: http://127.0.0.1:9 for nats://0.0.0.0:" in check.stdout


async def test_a_refusing_proxy_is_named_without_its_password(lab):
    proxy = await Proxy(lab.folder / "proxy").start()
    lab.closing(proxy.stop)
    server = await lab.server()
    agent = lab.agent(server, nats__proxy=proxy.url.replace("proxypass", "not-the-password"))
    await agent.logged_matching(
        lambda entry: entry["level"] in ("warn", "error") and "proxy" in str(entry).lower(), "a word about the proxy")
    assert "not-the-password" not in agent.process.log_text()
    assert agent.process.running


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have an /etc/hosts of its own")
@pytest.mark.parametrize("scheme", ["tls", "wss"])
async def test_a_name_with_a_trailing_dot_connects(lab, scheme):
    tls = lab.certificates.issue("named", "DNS:nats.lab.test")
    server = await lab.server(tls=tls, websocket={"tls": tls})
    hosts = lab.folder / "hosts"
    hosts.write_text("127.0.0.1 localhost nats.lab.test nats.lab.test.\n", encoding="ascii")
    agent = lab.new_agent()
    agent.prefix = ("unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh")
    url = f"tls://nats.lab.test.:{server.port}" if scheme == "tls" else f"wss://nats.lab.test.:{server.websocket_port}"
    changes = {"nats__websocket_url": url, "nats__connection_type": "websocket"} if scheme == "wss" else {}
    agent.write(agent.settings(url if scheme == "tls" else server.url, nats__tls={"ca_file": lab.certificates.ca}, **changes))
    agent.start()
    await agent.connected()
