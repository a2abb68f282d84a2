"""`plusclouds-platform init`: a server and an instance work with its files, with TLS."""

import os
import pathlib
import stat

import pytest
import yaml

from harness.agent import Identity
from harness.fleet import Fleet, Instance, run_program
from harness.process import Process
from harness.server import free_port
from harness.waiting import until


def modes(folder):
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
            for path in sorted(folder.rglob("*")) if path.is_file()}


async def test_init_sets_up_one_server_with_tls(lab):
    fleet = Fleet(lab)
    folder = fleet.folder / "platform"
    port, websocket_port = free_port(), free_port()
    certificates = lab.certificates
    arguments = ("init", str(folder), "--host", "localhost", "--port", str(port), "--websocket-port", str(websocket_port),
                 "--store-dir", str(fleet.folder / "store"), "--tls-cert", certificates.server_cert,
                 "--tls-key", certificates.server_key, "--tls-ca", certificates.ca)
    outcome = await fleet.platform(*arguments)
    assert outcome.code == 0, outcome
    written = modes(folder)
    print("\n" + "\n".join(f"{mode:04o} {name}" for name, mode in written.items()))
    assert all(mode & 0o077 == 0 for mode in written.values())
    for name in written:
        if name.endswith(".nk"):
            fleet.secrets.append((folder / name).read_text(encoding="ascii").strip())
    before = {name: (folder / name).read_bytes() for name in written}
    again = await fleet.platform(*arguments)
    print(again.err.strip())
    assert again.code != 0 and len(again.err.strip().splitlines()) == 1
    assert {name: (folder / name).read_bytes() for name in modes(folder)} == before

    server_log = fleet.folder / "nats.log"
    server = Process([os.environ["NATS_SERVER"], "-c", str(folder / "nats-server.conf")], server_log)
    lab.closing(server.stop)
    await until(lambda: "Server is ready" in server.log_text() or not server.running, "nats-server ready")
    assert server.running, server.log_text()

    config = folder / "platform.yaml"
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings["metrics"]["listen"] = f"127.0.0.1:{free_port()}"
    instance = Instance(fleet.folder / "instance", settings)
    instance.config_path = folder / "platform.yaml"
    fleet.instances.append(instance)
    check = await fleet.platform("check", "--config", str(config))
    print(check.out + check.err)
    assert check.code == 0, check
    await fleet.add_operator("admin", "admin")
    instance.start()
    assert fleet.context()["url"].startswith("tls://") and fleet.context()["ca_file"] == certificates.ca
    issued = None

    async def asked():
        return await fleet.plsctl("agents", "enroll", "-o", "json", expect=None)
    for _ in range(100):
        outcome = await asked()
        if outcome.code == 0:
            issued = outcome.json
            break
    assert issued, outcome
    identity = Identity()
    identity.uuid, identity.key = issued["subject"], issued["token"]
    fleet.secrets.append(identity.key)
    for number, url in enumerate((f"tls://localhost:{port}", f"wss://localhost:{websocket_port}")):
        kind = {"nats__connection_type": "websocket", "nats__websocket_url": url} if number else {}
        agent = fleet.agent(identity, start=False)
        agent.write(agent.settings(url, nats__tls__ca_file=certificates.ca, **kind))
        agent.start()
        await agent.connected()
        ended = (await fleet.plsctl("system", "info", identity.uuid, "-o", "json")).json
        assert ended["state"] == "completed", ended
        await agent.stop()
    server_text = pathlib.Path(server_log).read_text(encoding="utf-8", errors="replace")
    assert not [secret for secret in fleet.secrets if secret in server_text]


async def test_servers_accept_the_files_of_a_cluster(lab):
    fleet = Fleet(lab)
    folder = fleet.folder / "platform"
    refused = await fleet.platform("init", str(folder), "--host", "n1.example,n2.example,n3.example")
    assert refused.code == 64 and "--no-tls" in refused.err and not folder.exists(), refused
    outcome = await fleet.platform("init", str(folder), "--no-tls", "--host", "n1.example,n2.example,n3.example",
                                   "--store-dir", str(fleet.folder / "store"))
    assert outcome.code == 0, outcome
    names = sorted(path.name for path in folder.glob("nats-server*.conf"))
    assert len(names) == 3
    for name in names:
        tested = await run_program([os.environ["NATS_SERVER"], "-t", "-c", str(folder / name)], {})
        assert tested.code == 0, tested
    settings = yaml.safe_load((folder / "platform.yaml").read_text(encoding="utf-8"))
    assert settings["streams"]["replicas"] == 3 and settings["nats"]["url"].count("example") == 3


@pytest.mark.parametrize("arguments,words", [
    (("--host", "a,a,a"), "named twice"), (("--host", "a,A,b"), "named twice"), (("--host", "a,a.,b"), "named twice"),
    (("--host", "a..b"), "label"), (("--host", "a b"), "blank"), (("--host", "::1"), "brackets"), (("--host", ""), "host"),
    (("--host", "a:4222"), "not a host name"), (("--host", "a,b,"), "host"), (("--host", "u@h"), "not a host name"),
    (("--port", "0"), "--port takes a port"), (("--port", "65536"), "--port"), (("--port", "-1"), "--port"),
    (("--port", "8443"), "--port and --websocket-port are both 8443"),
    (("--host", "a,b,c", "--cluster-port", "0"), "--cluster-port takes a port"),
    (("--host", "a,b,c", "--cluster-port", "4222"), "--port and --cluster-port are both 4222"),
])
async def test_invalid_hosts_and_ports_are_rejected(lab, arguments, words):
    fleet = Fleet(lab)
    folder = fleet.folder / "refused"
    outcome = await fleet.platform("init", str(folder), "--no-tls", *arguments)
    assert outcome.code == 64, outcome
    first = outcome.err.splitlines()[0]
    assert first.startswith("Error: ") and words in first, outcome
    assert not folder.exists()


async def test_bad_configuration_prints_one_error_line(lab):
    fleet = Fleet(lab)
    fleet.add_servers()
    errors = []
    for what, change in (("nats__url", "nats//nowhere"), ("callout__token_lifetime", "soon"), ("callout__clones", "maybe"),
                         ("nats__seed_file", "missing.seed"), ("streams__replicas", 2), ("fleet__alive_within", "-5s")):
        instance = fleet.add_instance(**{what: change})
        instance.write()
        outcome = await fleet.platform("serve", "--config", str(instance.config_path))
        assert outcome.code == 78, outcome
        lines = outcome.err.strip().splitlines()
        assert len(lines) == 1 and what.replace("__", ".") in lines[0], outcome
        errors.append(lines[0].replace(str(fleet.folder), "…"))
    outcome = await fleet.platform("serve", "--config", str(fleet.folder / "none.yaml"))
    assert outcome.code == 78, outcome
    errors.append(outcome.err.strip().replace(str(fleet.folder), "…"))
    print("\n" + "\n".join(errors))
