"""First steps of an operator: a private authority, existing names, disconnected agents, large fleets."""

import asyncio
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
import yaml

from harness.agent import ALL_OPERATIONS
from harness.announcing import announcing
from harness.fleet import Fleet, run_program
from harness.terminal import Terminal
from harness.waiting import DEADLINE_S, until

DONE, FAILED, USAGE, NOT_FOUND, REFUSED, TIMED_OUT, LEFT_OUT = range(7)
UNREACHABLE, CONFIGURATION = 69, 78
EXISTS_ALREADY = 64


async def tls_fleet(lab):
    """A fleet whose server has a certificate of a private authority, which the context of plsctl contains."""
    fleet = Fleet(lab)
    server = fleet.add_servers()[0]
    server.tls = lab.certificates.server_tls
    await server.start()
    instance = fleet.add_instance(nats__tls={"ca_file": lab.certificates.ca})
    await fleet.add_operator("admin", "admin")
    instance.start()
    await instance.ready()
    return fleet


async def in_folder(fleet, folder, *arguments, program="PLSCTL", content=None, **environment):
    """Runs a program in a folder."""
    words = ["sh", "-c", 'cd "$0" && exec "$@"', str(folder), os.environ[program], *arguments]
    return await run_program(words, fleet.environment(**environment), content=content)


# Snippets that work as pasted

@pytest.mark.parametrize("how", ["--with-ca", "scp"])
async def test_the_printed_agent_file_works_as_pasted(lab, how):
    fleet = await tls_fleet(lab)
    folder = fleet.folder / "machine"
    folder.mkdir()
    ca_file = folder / "ca.pem"
    options = ["--with-ca"] if how == "--with-ca" else []
    outcome = await fleet.plsctl("agents", "enroll", "--agent-ca-file", str(ca_file), *options)
    assert "PRIVATE KEY" not in outcome.out
    snippet = "nats:" + outcome.out.split("\nnats:")[1].split("\n\n")[0]
    settings = yaml.safe_load(snippet)
    fleet.secrets.append(settings["nats"]["api_key"])
    assert settings["nats"]["tls"] == {"ca_file": str(ca_file)}, settings
    # The rest of the file depends on this machine; the printed part is used unchanged.
    rest = {"agent": {"state_dir": str(folder / "state")}, "iso": {"mount_path": str(folder / "no-drive")}}
    agent = lab.new_agent()
    agent.identity.uuid, agent.identity.key = settings["nats"]["agent_uuid"], settings["nats"]["api_key"]
    agent.write(f"{snippet}\n{yaml.safe_dump(rest)}")
    paste = [line for line in outcome.out.splitlines() if line.startswith("scp ")]
    if how == "scp":
        words = paste[0].split()
        assert words[2] == f"root@MACHINE:{ca_file}", paste
        ca_file.write_bytes(pathlib.Path(words[1]).read_bytes())
    else:
        assert not paste
        subprocess.run(["sh", "-c", outcome.out[outcome.out.index("cat > "):]], check=True, env={"PATH": "/usr/bin:/bin"})
    agent.start()
    await agent.connected()
    print(f"\n{how}: the agent connects with what was printed:\n{snippet.replace(settings['nats']['api_key'], 'plsa_…')}")


async def test_an_unknown_authority_names_the_key_to_set(lab):
    """Agent, platform and plsctl: the error names the setting for the authority."""
    fleet = await tls_fleet(lab)
    operator_context = yaml.safe_load(fleet.contexts_path.read_text(encoding="utf-8"))
    issued = (await fleet.plsctl("agents", "enroll", "-o", "json")).json
    lab.identity.uuid, lab.identity.key = issued["subject"], issued["token"]
    agent = fleet.agent(lab.identity)
    entry = await agent.logged("connection to NATS failed")
    print(f"\n{entry['reason']}")
    assert "nats.tls.ca_file" in entry["reason"], entry
    del operator_context["contexts"]["admin"]["ca_file"]
    fleet.contexts_path.write_text(yaml.safe_dump(operator_context), encoding="utf-8")
    outcome = await fleet.plsctl("status", expect=UNREACHABLE)
    assert "--ca-file" in outcome.err, outcome


async def test_the_printed_operator_command_works_as_pasted(lab):
    fleet = await tls_fleet(lab)
    folder = fleet.folder / "bob"
    folder.mkdir()
    outcome = await fleet.plsctl("operators", "add", "bob", "--role", "viewer", "--with-ca")
    token = next(line.split()[1] for line in outcome.out.splitlines() if line.startswith("token "))
    fleet.secrets.append(token)
    subprocess.run(["sh", "-c", outcome.out[outcome.out.index("cat > "):]], check=True, cwd=folder,
                   env={"PATH": "/usr/bin:/bin"})
    command = next(line for line in outcome.out.splitlines() if line.startswith("plsctl context add"))
    arguments = command.replace("NAME", "prod").split()[1:]
    contexts = folder / "contexts.yaml"
    added = await in_folder(fleet, folder, *arguments, "--token-file", "-", content=token.encode(), PLSCTL_CONFIG=str(contexts))
    assert added.code == DONE, added
    # The certificates were given by a relative path and are found from every folder.
    outcome = await in_folder(fleet, "/", "status", PLSCTL_CONFIG=str(contexts))
    assert outcome.code == DONE and "bob" in outcome.out, outcome


# Paths

async def test_the_authority_of_a_context_is_found_from_every_folder(lab):
    fleet = await tls_fleet(lab)
    context = fleet.context()
    work = fleet.folder / "work"
    (work / "pki").mkdir(parents=True)
    (work / "pki" / "ca.pem").write_bytes(pathlib.Path(lab.certificates.ca).read_bytes())
    (fleet.home / "home-ca.pem").write_bytes(pathlib.Path(lab.certificates.ca).read_bytes())
    add = ("--url", context["url"], "--operator", "admin", "--token-file", "-")

    async def added(name, ca_file, folder=work):
        return await in_folder(fleet, folder, "context", "add", name, *add, "--ca-file", ca_file, content=context["token"].encode())
    for name, path, stored in (("relative", "pki/ca.pem", work / "pki/ca.pem"), ("dotted", "./pki/ca.pem", work / "pki/ca.pem"),
                               ("home", "~/home-ca.pem", fleet.home / "home-ca.pem")):
        outcome = await added(name, path)
        assert outcome.code == DONE, outcome
        assert fleet.context(name)["ca_file"] == str(stored)
        outcome = await in_folder(fleet, "/", "status", "--context", name)
        assert outcome.code == DONE, outcome
    # The file is checked when it is added.
    (work / "no.pem").write_text("no certificate", encoding="ascii")
    for path, why in (("missing.pem", "No such file"), ("no.pem", "no PEM certificates"), ("pki", "Is a directory")):
        outcome = await added("bad", path)
        assert outcome.code == USAGE and why in outcome.err and outcome.err.count("\n") == 1, outcome
    # A path in the file is relative to the file, one in the environment to the current folder.
    contexts = yaml.safe_load(fleet.contexts_path.read_text(encoding="utf-8"))
    contexts["contexts"]["written"] = {**context, "ca_file": "ca-beside.pem"}
    fleet.contexts_path.write_text(yaml.safe_dump(contexts), encoding="utf-8")
    (fleet.contexts_path.parent / "ca-beside.pem").write_bytes(pathlib.Path(lab.certificates.ca).read_bytes())
    outcome = await in_folder(fleet, "/", "status", "--context", "written")
    assert outcome.code == DONE, outcome
    outcome = await in_folder(fleet, work, "status", PLSCTL_URL=context["url"], PLSCTL_OPERATOR="admin",
                              PLSCTL_TOKEN=context["token"], PLSCTL_CA_FILE="pki/ca.pem")
    assert outcome.code == DONE, outcome


async def test_files_that_init_and_operator_add_write_hold_absolute_paths(lab):
    fleet = Fleet(lab)
    work = fleet.folder / "work"
    work.mkdir()
    outcome = await in_folder(fleet, work, "init", "platform", "--host", "localhost", "--store-dir", "store", "--tls-cert",
                              "cert.pem", "--tls-key", "key.pem", "--tls-ca", "pki/ca.pem", program="PLUSCLOUDS_PLATFORM")
    assert outcome.code == 0, outcome
    for name in ("keys/platform.nk", "keys/system.nk", "keys/issuer.nk"):
        fleet.secrets.append((work / "platform" / name).read_text(encoding="ascii").strip())
    settings = yaml.safe_load((work / "platform/platform.yaml").read_text(encoding="utf-8"))
    assert settings["nats"]["tls"]["ca_file"] == str(work / "pki/ca.pem"), settings["nats"]
    server = (work / "platform/nats-server.conf").read_text(encoding="utf-8")
    for path in ("cert.pem", "key.pem", "store"):
        assert f'"{work / path}"' in server, server


async def test_operator_add_prints_an_absolute_authority(lab):
    fleet = Fleet(lab)
    fleet.add_servers()[0].tls = lab.certificates.server_tls
    await fleet.servers[0].start()
    instance = fleet.add_instance(nats__tls={"ca_file": "../certificates/ca.pem"})
    assert pathlib.Path(lab.certificates.ca).exists()
    instance.write()
    outcome = await in_folder(fleet, instance.folder.parent, "operator", "add", "admin", "--role", "admin", "--config",
                              f"{instance.folder.name}/platform.yaml", program="PLUSCLOUDS_PLATFORM")
    assert outcome.code == 0, outcome
    context = outcome.yaml["contexts"]["admin"]
    fleet.secrets.append(context["token"])
    assert os.path.isabs(context["ca_file"]) and os.path.samefile(context["ca_file"], lab.certificates.ca), context


# Names that exist already

async def test_nothing_is_replaced_without_confirmation(lab):
    fleet = await Fleet(lab).start()
    outcome = await fleet.plsctl("operators", "add", "bob", "--role", "viewer", "-o", "json")
    bob = outcome.json["token"]
    fleet.secrets.append(bob)
    held = await fleet.operator_with("bob", bob)
    config = str(fleet.instances[0].config_path)
    # Without a terminal: one error line and no change.
    outcome = await fleet.plsctl("operators", "add", "bob", expect=USAGE)
    print(f"\n{outcome.err.strip()}")
    assert outcome.out == "" and outcome.err.count("\n") == 1 and "--replace" in outcome.err and "viewer" in outcome.err, outcome
    outcome = await fleet.platform("operator", "add", "bob", "--config", config)
    print(outcome.err.strip())
    assert outcome.code == EXISTS_ALREADY and outcome.out == "" and "--replace" in outcome.err, outcome
    context = fleet.context()
    before = fleet.contexts_path.read_bytes()
    outcome = await fleet.plsctl("context", "add", "admin", "--url", "nats://127.0.0.1:1", "--operator", "eve", "--token-file", "-",
                                 content=b"x" * 40, expect=USAGE)
    print(outcome.err.strip())
    assert outcome.err.count("\n") == 1 and "--replace" in outcome.err and fleet.contexts_path.read_bytes() == before, outcome
    assert (await held.call("platform.status"))["agents"] == {}, "bob's token was replaced"
    # On a terminal: a prompt.
    for answer, code in (("n", 130), ("y", 0)):
        terminal = Terminal([os.environ["PLSCTL"], "operators", "add", "bob", "-o", "json"], fleet.environment(), fleet.folder)
        try:
            await terminal.shows(lambda text: "[y/N]" in text, "a question")
            terminal.send(f"{answer}\n")
            assert await terminal.ended() == code, terminal.screen
            screen = terminal.screen
        finally:
            terminal.close()
        terminal = Terminal([os.environ["PLSCTL"], "context", "add", "admin", "--url", context["url"], "--operator", "admin",
                             "--token-file", str(token_file(fleet, context["token"]))], fleet.environment(), fleet.folder)
        try:
            await terminal.shows(lambda text: "[y/N]" in text, "a question")
            terminal.send(f"{answer}\n")
            assert await terminal.ended() == code, terminal.screen
        finally:
            terminal.close()
    fleet.secrets.append(json.loads(screen[screen.index("{"):])["token"])
    # With the option: replaced.
    outcome = await fleet.plsctl("operators", "add", "bob", "--replace", "-o", "json")
    assert outcome.json["token"] != bob
    fleet.secrets.append(outcome.json["token"])
    outcome = await fleet.platform("operator", "add", "bob", "--replace", "--config", config)
    assert outcome.code == 0, outcome
    fleet.secrets.append(outcome.yaml["contexts"]["bob"]["token"])
    await fleet.plsctl("context", "add", "admin", "--url", context["url"], "--operator", "admin", "--token-file", "-", "--replace",
                       content=context["token"].encode())
    await fleet.plsctl("status")


def token_file(fleet, token):
    path = fleet.folder / "a-token"
    path.write_text(token, encoding="ascii")
    return path


# Disconnected agents

@pytest.mark.parametrize("arguments", [("exec", "AGENT", "--timeout", "4s", "--", "/bin/echo"), ("system", "info", "AGENT", "--timeout", "4s"),
                                       ("run", "-l", "env=test", "--yes", "--timeout", "4s", "system.info"), ("commands", "wait")],
                         ids=["exec", "system", "run", "wait"])
async def test_a_disconnected_agent_is_reported_at_once(lab, arguments):
    """As soon as two of its heartbeats are missing, not after 75 s, when its status becomes `silent`."""
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator, labels={"env": "test"})
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/echo"])
    await agent.connected()
    await operator.alive(identity.uuid)

    async def view():
        return (await operator.agents())[identity.uuid]
    end = time.monotonic() + DEADLINE_S
    while "heartbeat_interval_s" not in await view() and time.monotonic() < end:
        await asyncio.sleep(0.2)
    agent.process.send(signal.SIGSTOP)
    try:
        # The platform shows heartbeats up to 10 s late.
        while time.time() - (await view())["last_heartbeat"] < 12.5:
            await asyncio.sleep(0.2)
        assert (await view())["status"] == "alive"
        if arguments == ("commands", "wait"):
            sent = await operator.call("commands.submit", agent=identity.uuid, operation="system.info", expires_in_s=600)
            arguments = ("commands", "wait", sent["id"], "--timeout", "4s")
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            os.environ["PLSCTL"], *(identity.uuid if word == "AGENT" else word for word in arguments), env=fleet.environment(),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        lines = []
        while line := (await asyncio.wait_for(process.stderr.readline(), DEADLINE_S)).decode():
            lines.append((time.monotonic() - began, line.strip()))
        assert await process.wait() in (FAILED, TIMED_OUT)
        print("\n" + "\n".join(f"{at:5.1f} s  {line}" for at, line in lines))
        noticed = [at for at, line in lines if "silent for" in line]
        assert noticed and noticed[0] < 3, lines
        assert len(noticed) == 1, "it is repeated too often"
    finally:
        agent.process.send(signal.SIGCONT)


# Many agents

async def test_a_run_reports_skipped_agents_and_exits_with_6(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identities = [await fleet.enrol(operator, labels={"env": "test"}) for _ in range(5)]
    for identity in identities[:2]:
        await fleet.agent(identity).connected()
    await operator.alive(*(identity.uuid for identity in identities[:2]))
    await fleet.plsctl("agents", "revoke", identities[4].uuid, "--yes")
    outcome = await fleet.plsctl("run", "--all", "--yes", "-o", "json", "system.info", expect=LEFT_OUT)
    print(f"\n{outcome.err.strip()}")
    assert "left out: 2 never connected, 1 revoked" in outcome.err and "2 done, 0 failed" in outcome.err, outcome
    assert "silent" not in outcome.err, outcome
    printed = outcome.json
    assert sorted(printed["pending"]) == sorted(identity.uuid for identity in identities[2:4]) and printed["silent"] == [], printed
    assert printed["revoked"] == [identities[4].uuid] and len(printed["agents"]) == 2
    await fleet.plsctl("run", "-l", "alive=true", "--yes", "system.info")


async def test_a_run_shows_its_command_and_its_failures(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identities = [await fleet.enrol(operator, labels={"env": "prod", "number": str(number)}) for number in range(2)]
    for identity in identities:
        await fleet.agent(identity, agent__allowed_commands=["/bin/sh", "/bin/echo"]).connected()
    await operator.alive(*(identity.uuid for identity in identities))
    script = "echo out; echo 'no \x1b]52;c;cm0=\x07 luck' >&2; exit 3"
    outcome = await fleet.plsctl("run", "exec", "-l", "env=prod", "--dry-run", "-o", "json", "--", "/bin/sh", "-c", script)
    printed = outcome.json
    assert printed["dry_run"] is True and printed["params"] == {"command": "/bin/sh", "args": ["-c", script]}, printed
    assert sorted(agent["agent"] for agent in printed["agents"]) == sorted(identity.uuid for identity in identities)
    assert await operator.call("commands.list") == []
    outcome = await fleet.plsctl("run", "exec", "-l", "env=prod", "--dry-run", "--canary", "1", "--", "/bin/echo", "a b")
    print(f"\n{outcome.out}{outcome.err}")
    assert "canary" in outcome.out and "exec /bin/echo 'a b'" in outcome.err and await operator.call("commands.list") == []
    # As exec does.
    await fleet.plsctl("run", "exec", "-l", "env=prod", "--yes", "--", "/bin/echo", "a b")
    commands = await operator.call("commands.list")
    assert [each["params"] for each in commands] == [{"command": "/bin/echo", "args": ["a b"]}] * 2
    outcome = await fleet.plsctl("run", "exec", "-l", "env=prod", "--yes", "--max-failures", "9", "--", "/bin/sh", "-c", script,
                                 expect=FAILED)
    print(f"{outcome.out}{outcome.err}")
    assert outcome.err.count("    no \\u{1B}]52;c;cm0=\\u{7} luck") == 2 and "\x1b" not in outcome.err + outcome.out, outcome
    assert outcome.out.count("luck") == 2, outcome
    # The prompt names the command and its targets.
    terminal = Terminal([os.environ["PLSCTL"], "run", "exec", "-l", "env=prod", "--", "/bin/echo", "a b"], fleet.environment(),
                        fleet.folder)
    try:
        screen = await terminal.shows(lambda text: "[y/N]" in text, "a question")
        question = screen[screen.index("run exec"):]
        print(question)
        names = {view.get("hostname") for view in (await operator.agents()).values()}
        assert "run exec /bin/echo 'a b' on 2 agents, " in question and all(name in question for name in names), question
        terminal.send("n\n")
        assert await terminal.ended() == 130
    finally:
        terminal.close()


# History

async def test_lists_name_agents_and_actions(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    first = await announcing(fleet, operator, "web-1")
    await announcing(fleet, operator, "db-1")
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/echo"], agent__allowed_operations=[*ALL_OPERATIONS])
    await agent.connected()
    await operator.alive(identity.uuid)
    await fleet.plsctl("exec", identity.uuid, "--", "/bin/echo", "hello")
    name = (await operator.agents())[identity.uuid]["hostname"]
    outcome = await fleet.plsctl("events")
    print(f"\n{outcome.out}")
    lines = outcome.out.splitlines()
    assert any("web-1" in line and "heartbeat" in line for line in lines), outcome
    assert any(name in line and "result" in line and "exec /bin/echo hello" in line for line in lines), outcome
    assert first.uuid[:8] not in outcome.out, outcome
    outcome = await fleet.plsctl("commands", "list")
    print(outcome.out)
    assert name in outcome.out and "exec /bin/echo hello" in outcome.out, outcome
    # The same with live events.
    log = fleet.folder / "follow.out"
    with open(log, "wb") as file:
        process = await asyncio.create_subprocess_exec(
            os.environ["PLSCTL"], "events", "-f", "--type", "result,heartbeat", env=fleet.environment(), stdout=file)
    try:
        await until(lambda: "heartbeat" in log.read_text(encoding="utf-8"), "an event")
        await fleet.plsctl("exec", identity.uuid, "--", "/bin/echo", "again")
        # A host name alone could refer to another agent later.
        line = rf"{re.escape(name)} \({identity.uuid[:8]}\) +result +exec /bin/echo again"
        await until(lambda: re.search(line, log.read_text(encoding="utf-8")), "the result with its operation")
    finally:
        process.terminate()
        await process.wait()


async def test_the_audit_record_is_read_by_operator_action_and_time(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    first = await announcing(fleet, operator, "web-1")
    second = await announcing(fleet, operator, "db-1")
    outcome = await fleet.plsctl("operators", "add", "bob", "--role", "operator", "-o", "json")
    bob = await fleet.operator_with("bob", outcome.json["token"])
    await bob.call("agents.label", agent=second.uuid, set={"env": "prod"})
    await bob.call("commands.submit", agent=first.uuid, operation="services.restart", params={"name": "nginx"})
    await operator.call("agents.label", agent=first.uuid, set={"env": "prod"})

    async def entries(*arguments):
        return [(entry["by"], entry["action"]) for entry in (await fleet.plsctl("audit", "-o", "json", *arguments)).json]
    assert set(await entries("--by", "bob")) == {("bob", "agents.label"), ("bob", "commands.submit")}
    assert await entries("--by", "bob", "--action", "agents.*") == [("bob", "agents.label")]
    assert await entries("--agent", "web-1", "--action", "agents.label") == [("admin", "agents.label")]
    assert ("platform", "operators.add") in await entries("--since", "1h") and await entries("--by", "carol") == []
    await asyncio.sleep(2.1)  # Entries must become older than --since.
    assert await entries("--since", "1s") == []
    outcome = await fleet.plsctl("audit", "--agent", "nowhere", expect=NOT_FOUND)
    assert outcome.out == "", outcome
    # No important column is cut off.
    for columns in (80, 110):
        terminal = Terminal([os.environ["PLSCTL"], "audit", "--by", "bob"], fleet.environment(), fleet.folder, columns=columns)
        try:
            assert await terminal.ended() == 0
            print(f"\n{columns} columns:\n{terminal.screen}")
            assert "services.restart name=nginx" in terminal.screen, terminal.screen
            assert max(len(line) for line in terminal.screen.splitlines()) <= columns
        finally:
            terminal.close()
