"""The configuration file, the environment, the config drive, and errors in each of them."""

import asyncio
import json
import os

import nats
import pytest

from harness.waiting import until

GO_ERA_FILE = """\
# Written for the previous agent, unchanged.
nats:
  connection_type: nats
  url: "{url}"
  websocket_url: ws://localhost:8080
  agent_uuid: {uuid}
  api_key: {key}
  max_reconnects: -1
  reconnect_wait: 5s

agent:
  heartbeat_interval: 30s
  telemetry_interval: 30s
  allowed_operations:
    - agent.allowed_operations
    - services.list
    - services.get
    - system.info
    - system.metrics
    - system.cpu
    - system.memory
    - system.disk
    - system.network
    - telemetry.set_interval
    - exec
  allowed_commands:
    - /usr/bin/uptime

iso:
  mount_path: /media/plusclouds-config
  fallback_env: true

log:
  level: info
  format: json
  file: ""

autoheal:
  enabled: true
  restart_delay: 10s
"""


async def test_a_file_of_the_previous_agent_works(lab):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    agent.write(GO_ERA_FILE.format(url=server.url, uuid=lab.identity.uuid, key=lab.identity.key))
    agent.start()
    capabilities = (await platform.next("capabilities")).payload
    assert capabilities["exec_commands"] == ["/usr/bin/uptime"]
    assert "system.info" in [entry["operation"] for entry in capabilities["operations"]]
    await platform.output("exec", {"command": "/usr/bin/uptime"})
    # iso.fallback_env is a key of earlier versions and causes no warning.
    assert not [entry for entry in agent.log() if "fallback_env" in json.dumps(entry)]


async def test_the_environment_overrides_the_file(lab):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    agent.write(agent.settings(
        "nats://127.0.0.1:1", nats__agent_uuid="00000000-0000-4000-8000-000000000000", nats__api_key="wrong",
        agent__allowed_operations=[], agent__telemetry_interval="1h"))
    agent.environment |= {
        "PLUSCLOUDS_AGENT_NATS_URL": server.url,
        "PLUSCLOUDS_AGENT_NATS_AGENT_UUID": lab.identity.uuid,
        "PLUSCLOUDS_AGENT_NATS_API_KEY": lab.identity.key,
        "PLUSCLOUDS_AGENT_AGENT_ALLOWED_OPERATIONS": "system.info,exec",
        "PLUSCLOUDS_AGENT_AGENT_ALLOWED_COMMANDS": "/bin/true,/bin/echo",
        "PLUSCLOUDS_AGENT_AGENT_TELEMETRY_INTERVAL": "1s",
        "PLUSCLOUDS_AGENT_AGENT_HEARTBEAT_INTERVAL": "",
        "PLUSCLOUDS_AGENT_LOG_LEVEL": "debug",
    }
    agent.start()
    capabilities = (await platform.next("capabilities")).payload
    assert [entry["operation"] for entry in capabilities["operations"]] == ["system.info", "exec"]
    assert capabilities["exec_commands"] == ["/bin/true", "/bin/echo"]
    await platform.next("telemetry", count=3, deadline=10)
    assert [entry for entry in agent.log() if entry["level"] == "debug"]


async def test_a_file_without_any_identity_waits_for_one(lab):
    server = await lab.server()
    agent = lab.new_agent()
    agent.write(agent.settings(server.url, nats__agent_uuid="", nats__api_key=""))
    agent.start()
    await agent.logged_matching(lambda entry: entry["level"] in ("warn", "error") and "uuid" in json.dumps(entry),
                                "a warning about the identity")
    agent.write(agent.settings(server.url))
    await agent.connected()


@pytest.mark.parametrize("form", ["yaml", "json"])
async def test_the_config_drive_overrides_file_and_environment(lab, form):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    drive = lab.folder / "drive"
    drive.mkdir()
    metadata = {"virtual_machine_id": lab.identity.uuid, "agent_api_key": lab.identity.key, "hostname": "h",
                "username": "u", "password": "drive-password", "virtualDisks": {"data": []},
                "virtualNetworkCards": {"data": [{"mac_addr": "00:11:22:33:44:55", "network": {"data": {}},
                                                  "ipList": {"data": []}}]},
                "serviceRoles": {"data": [{"name": "role", "config": {}}]}, "SSHPublicKeys": ["ssh-ed25519 AAAA"]}
    text = json.dumps(metadata) if form == "json" else "".join(
        f"{key}: {json.dumps(value)}\n" for key, value in metadata.items())
    (drive / f"metadata.{form}").write_text(text, encoding="utf-8")
    agent.write(agent.settings(server.url, nats__agent_uuid="00000000-0000-4000-8000-000000000000",
                               nats__api_key="wrong", iso__mount_path=str(drive), log__level="debug"))
    agent.start()
    await platform.next("capabilities")
    assert "drive-password" not in agent.process.log_text()


async def test_a_drive_with_an_id_alone_keeps_the_key(lab):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    drive = lab.folder / "drive"
    drive.mkdir()
    (drive / "metadata.json").write_text(
        json.dumps({"virtual_machine_id": lab.identity.uuid, "agent_api_key": ""}), encoding="utf-8")
    agent.write(agent.settings(server.url, nats__agent_uuid="00000000-0000-4000-8000-000000000000",
                               iso__mount_path=str(drive)))
    agent.start()
    await platform.next("capabilities")


@pytest.mark.parametrize("text,line,key", [
    ("nats:\n  url: nats://localhost\n  reconnect_wait: soon\n", 3, "nats.reconnect_wait"),
    ("agent:\n  telemetry_interval: 10ms\n", 2, "agent.telemetry_interval"),
    ("agent:\n  telemetry_interval: -5s\n", 2, "agent.telemetry_interval"),
    ("agent:\n  heartbeat_interval: 1e10\n", 2, "agent.heartbeat_interval"),
    ("agent:\n  heartbeat_interval: 99999999999999999999h\n", 2, "agent.heartbeat_interval"),
    ("nats:\n  connection_type: pigeon\n", 2, "nats.connection_type"),
    ("log:\n  level: loud\n", 2, "log.level"),
    ("agent:\n  allowed_commands: {a: b}\n", 2, "agent.allowed_commands"),
    ("nats:\n  url: 'http://localhost'\n", 2, "nats.url"),
])
async def test_a_bad_value_names_file_line_and_key(lab, text, line, key):
    agent = lab.new_agent()
    agent.write(text)
    agent.start()
    assert await agent.process.ended() == 78
    log = agent.process.log_text()
    assert f"{agent.config_path}:{line}" in log, log
    assert key in log


@pytest.mark.parametrize("text,line", [("nats: [1, 2\n", None), ("nats:\n\turl: x\n", 2), ("just text\n", None),
                                       ("a: *b\n", 1)])
async def test_a_file_that_is_not_yaml_is_rejected(lab, text, line):
    agent = lab.new_agent()
    agent.write(text)
    agent.start()
    assert await agent.process.ended() == 78
    log = agent.process.log_text()
    assert str(agent.config_path) in log
    if line:
        assert f"{agent.config_path}:{line}" in log, log


async def test_no_error_contains_a_secret(lab):
    agent = lab.new_agent()
    agent.write(f"nats:\n  api_key: [{lab.identity.key}]\n")
    agent.start()
    assert await agent.process.ended() == 78
    assert lab.identity.key not in agent.process.log_text()


async def test_a_missing_file_is_an_error(lab):
    agent = lab.new_agent()
    agent.start("--config", str(lab.folder / "no-such.yaml"))
    code = await agent.process.ended()
    assert code not in (0, None)
    assert "no-such.yaml" in agent.process.log_text()


async def test_an_unknown_key_is_warned_about_with_a_suggestion(lab):
    server = await lab.server()
    agent = lab.agent(server, agent__telemetry_intervall="10s")
    entry = await agent.logged_matching(
        lambda entry: entry["level"] == "warn" and "telemetry_intervall" in json.dumps(entry), "the warning")
    assert "agent.telemetry_interval" in json.dumps(entry).replace("telemetry_intervall", "")
    await agent.connected()


async def test_an_unknown_operation_is_warned_about(lab):
    server = await lab.server()
    agent = lab.agent(server, agent__allowed_operations=["system.info", "system.infos"])
    await agent.logged_matching(lambda entry: entry["level"] == "warn" and "system.infos" in json.dumps(entry),
                                "the warning")
    await agent.connected()


async def test_a_key_that_looks_like_a_number_is_kept(lab):
    lab.identity.key = "0123"
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    agent.write(f"NATS:\n  URL: {server.url}\n  Agent_UUID: {lab.identity.uuid}\n  api_key: 0123\n  "
                f"max_reconnects: \"-1\"\niso:\n  mount_path: {lab.folder}/none\n")
    lab.identity.key = "0123 in no log"
    agent.start()
    await platform.next("capabilities")


async def test_a_hangup_applies_a_changed_allowlist(lab):
    server, agent, platform = await lab.running(agent__allowed_operations=["system.info"])
    assert (await platform.command("system.memory"))["status"] == "rejected"
    since = platform.position
    agent.write(agent.settings(server.url, agent__allowed_operations=["system.info", "system.memory", "exec"],
                               agent__allowed_commands=["/bin/true"], agent__telemetry_interval="1s"))
    agent.reload()
    capabilities = (await platform.next("capabilities", since)).payload
    assert [entry["operation"] for entry in capabilities["operations"]] == ["system.info", "system.memory", "exec"]
    assert capabilities["exec_commands"] == ["/bin/true"]
    await platform.output("system.memory")
    await platform.output("exec", {"command": "/bin/true"})
    await platform.next("telemetry", platform.position, count=3, deadline=10)
    assert len(agent.log("connected to NATS")) == 1, "no reconnect for it"


async def test_a_hangup_with_a_broken_file_keeps_the_old_settings(lab):
    server, agent, platform = await lab.running(agent__allowed_operations=["system.info"])
    log_since = agent.log_position
    agent.write("agent:\n  allowed_operations: [system.info, exec\n")
    agent.reload()
    entry = await agent.logged_matching(lambda entry: entry["level"] in ("warn", "error"), "the refusal", log_since)
    assert str(agent.config_path) in json.dumps(entry)
    await platform.output("system.info")
    assert (await platform.command("system.memory"))["status"] == "rejected"

    since = platform.position
    agent.write(agent.settings(server.url, agent__allowed_operations=["system.memory"]))
    agent.reload()
    await platform.next("capabilities", since)
    await platform.output("system.memory")


async def test_the_log_file_has_json_for_every_console_format(lab):
    server = await lab.server()
    log_file = lab.folder / "logs" / "agent.log"
    log_file.parent.mkdir()
    agent = lab.agent(server, log__format="console", log__file=str(log_file))
    await until(lambda: log_file.exists() and "connected to NATS" in log_file.read_text(encoding="utf-8"),
                "the log file")
    for line in log_file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        assert list(entry)[:3] == ["level", "ts", "msg"]
    assert "connected to NATS" in agent.process.log_text()
    assert not agent.process.log_text().startswith("{")
    assert lab.identity.key not in log_file.read_text(encoding="utf-8")


async def test_a_log_file_that_cannot_be_written_is_a_warning(lab):
    server = await lab.server()
    agent = lab.agent(server, log__file="/proc/no-such-folder/agent.log")
    await agent.connected()
    assert [entry for entry in agent.log() if entry["level"] == "warn" and "agent.log" in json.dumps(entry)]


@pytest.mark.parametrize("damage", ["empty", "comment", "documents", "cut", "deleted", "folder"])
async def test_a_reload_rejects_a_file_without_its_lists(lab, damage):
    server, agent, platform = await lab.running(agent__allowed_operations=["agent.allowed_operations"])
    whole = agent.config_path.read_text(encoding="utf-8")
    log_since, events_since = agent.log_position, platform.position
    if damage == "deleted":
        agent.config_path.unlink()
    elif damage == "folder":
        agent.config_path.unlink()
        agent.config_path.mkdir()
    else:
        agent.write({"empty": "", "comment": "# gone\n", "documents": "---\n---\n",
                     "cut": f"nats:\n  url: {server.url}\n  agent_uuid: {lab.identity.uuid}\n"
                            f"  api_key: {lab.identity.key}\nagent:\n"}[damage])
    agent.reload()
    await agent.logged("configuration refused, the old settings stay", log_since)
    assert not platform.all("capabilities", events_since), "nothing is announced anew"
    assert (await platform.command("system.memory"))["status"] == "rejected"
    # The next connection also uses the current key.
    reconnect_since = agent.log_position
    await server.stop()
    await server.start()
    await agent.connected(reconnect_since)
    capabilities = None
    for _ in range(50):
        try:
            # This client may reconnect later than the agent.
            capabilities = await platform.output("agent.allowed_operations", deadline=2)
            break
        except (AssertionError, asyncio.TimeoutError, nats.errors.Error):
            await asyncio.sleep(0.1)
    print(f"\n{damage}: {len(capabilities['operations'])} operation after the reload and a reconnect")
    assert [entry["operation"] for entry in capabilities["operations"]] == ["agent.allowed_operations"]
    if damage == "folder":
        agent.config_path.rmdir()
    log_since = agent.log_position
    agent.write(whole)
    agent.reload()
    await agent.logged("configuration reloaded", log_since)


async def status_of(platform, operation):
    """The status of a result, after this client has reconnected as well."""
    for _ in range(50):
        try:
            return (await platform.command(operation, deadline=2))["status"]
        except (AssertionError, asyncio.TimeoutError, nats.errors.Error):
            await asyncio.sleep(0.1)
    return None


async def test_an_emptied_file_does_not_prevent_the_next_connection(lab):
    server, agent, platform = await lab.running(agent__allowed_operations=["system.info"])
    whole = agent.config_path.read_text(encoding="utf-8")
    before = agent.log_position
    for text in ["", "---\n"]:
        agent.write(text)
        since = agent.log_position
        await server.stop()
        await server.start()
        await agent.connected(since)
    # Once, until the file is valid again.
    words = [entry for entry in agent.log(since=before) if str(agent.config_path) in json.dumps(entry)]
    assert [entry["level"] for entry in words] == ["warn"], words
    assert await status_of(platform, "system.memory") == "rejected"
    since = agent.log_position
    agent.write(whole)
    await server.stop()
    await server.start()
    await agent.connected(since)
    assert await status_of(platform, "system.memory") == "rejected"


async def test_empty_documents_before_the_settings_are_skipped(lab):
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.new_agent()
    text = json.dumps(agent.settings(server.url, agent__allowed_operations=["system.info"]))
    agent.write(f"---\n---\n{text}\n")
    agent.start()
    capabilities = (await platform.next("capabilities")).payload
    assert [entry["operation"] for entry in capabilities["operations"]] == ["system.info"]


async def test_a_file_without_settings_logs_the_number_of_allowed_operations(lab):
    server = await lab.server()
    agent = lab.new_agent()
    agent.write("# nothing yet\n")
    agent.environment |= {
        "PLUSCLOUDS_AGENT_NATS_URL": server.url, "PLUSCLOUDS_AGENT_NATS_AGENT_UUID": lab.identity.uuid,
        "PLUSCLOUDS_AGENT_NATS_API_KEY": lab.identity.key}
    agent.start()
    await agent.logged_matching(
        lambda entry: entry["level"] == "warn" and "17 operations are allowed" in json.dumps(entry), "the warning")
    await agent.connected()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("what", ["file", "folder"])
async def test_an_owner_who_could_extend_the_lists_is_named(lab, what):
    server = await lab.server()
    agent = lab.new_agent()
    agent.write(agent.settings(server.url))
    os.chown(agent.config_path if what == "file" else agent.folder, 54321, 54321)
    agent.start()
    await agent.logged_matching(
        lambda entry: entry["level"] == "warn" and "user 54321" in json.dumps(entry), "the warning")
    await agent.connected()
