"""Every documented exit code, provoked; --help lists the same codes."""

import os
import re
import signal
import subprocess
import uuid

from harness import documents
from harness.documents import compare, read, table
from harness.fleet import Fleet
from harness.nkeys import USER, KeyPair
from harness.process import Process
from harness.server import free_port
from harness.waiting import until

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def call(program, *arguments, content="", **environment):
    return subprocess.run([os.environ[program], *arguments], env={**ENVIRONMENT, **environment}, input=content,
                          capture_output=True, text=True, timeout=60, check=False)


def codes_of_help(program):
    text = re.search(r"exit codes:?(.*?)(?:\n\n|\n\s*exec exits|\Z)", call(program, "--help").stdout, re.DOTALL | re.IGNORECASE)[1]
    return {int(code) for code in re.findall(r"(?:^|,|:)\s*(\d+) [a-z]", text)}


def problems_of(documented, document, program, provoked):
    found = compare(documented, codes_of_help(program), document, f"{program} --help", "exit code")
    found += compare(documented, provoked, document, f"{program} in this test", "exit code")
    return found + [f"{document}: {program} ended with {actual}, not {code}: {what}" for code, (what, actual) in provoked.items()
                    if actual != code]


async def test_exit_codes_of_the_agent_match_the_documents(lab):
    manual = read("packaging/plusclouds-agent.8").partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
    documented = {int(code) for code in re.findall(r"^\.B (\d+)$", manual, re.MULTILINE)}
    server = await lab.server()
    wrong = lab.new_server()
    wrong.password = "another-key"
    await wrong.start()
    agent = lab.new_agent()

    def check(text):
        agent.write(text)
        return call("PLUSCLOUDS_AGENT", "check", "--config", str(agent.config_path)).returncode
    closed = f"nats://127.0.0.1:{free_port()}"
    provoked = {
        0: ("check of a good configuration", check(agent.settings(server.url))),
        64: ("an unknown option", call("PLUSCLOUDS_AGENT", "--no-such").returncode),
        69: ("check without a server", check(agent.settings(closed))),
        77: ("check with a wrong key", check(agent.settings(wrong.url))),
        78: ("check of a bad file", check("nats: [")),
    }
    agent.write(agent.settings(closed, nats__max_reconnects=1, nats__reconnect_wait="100ms"))
    agent.start()
    provoked[1] = ("attempts used up", await agent.process.ended())
    agent.write("nats: [")
    assert call("PLUSCLOUDS_AGENT", "--config", str(agent.config_path)).returncode == 78
    found = problems_of(documented, "packaging/plusclouds-agent.8", "PLUSCLOUDS_AGENT", provoked)
    row = next(row for row in table("README.md", "", "") if row[0] == "`plusclouds-agent check`")
    of_check = {int(code) for code in re.findall(r"\b(\d+)\b", row[1].partition("exit code")[2])}
    found += compare(of_check, set(provoked) - {1, 64}, "README.md (check)", "check", "exit code")
    assert not found, "\n".join(found)


async def test_exit_codes_of_the_platform_match_the_documents(lab):
    documented = {int(row[0]) for each in documents.tables("docs/platform.md") if each["heading"] == "Exit codes" for row in each["rows"]}
    fleet = await Fleet(lab).start()
    instance = fleet.instances[0]
    file = str(instance.config_path)

    def changed(**environment):
        return call("PLUSCLOUDS_PLATFORM", "check", "--config", file, **environment).returncode
    stranger = lab.folder / "stranger.nk"
    stranger.touch(mode=0o600)
    stranger.write_text(KeyPair(USER).seed, encoding="ascii")
    (lab.folder / "there").mkdir()
    (lab.folder / "there" / "platform.yaml").write_text("", encoding="ascii")
    provoked = {
        0: ("check", changed()),
        64: ("an operator who is not there", call("PLUSCLOUDS_PLATFORM", "operator", "remove", "missing", "--config", file).returncode),
        69: ("check without a server", changed(PLUSCLOUDS_PLATFORM_NATS_URL=f"nats://127.0.0.1:{free_port()}")),
        73: ("init over a file", call("PLUSCLOUDS_PLATFORM", "init", str(lab.folder / "there")).returncode),
        77: ("check with a strange key", changed(PLUSCLOUDS_PLATFORM_NATS_SEED_FILE=str(stranger))),
        78: ("check without a file", call("PLUSCLOUDS_PLATFORM", "check", "--config", "/nonexistent").returncode),
    }
    for arguments in (("--no-such",), ("dev",), ("init",)):
        assert call("PLUSCLOUDS_PLATFORM", *arguments).returncode == 64, arguments
    assert call("PLUSCLOUDS_PLATFORM", "serve", "--config", file).returncode == 78, "its metrics address is in use"
    found = problems_of(documented, "docs/platform.md", "PLUSCLOUDS_PLATFORM", provoked)
    sentence = re.search(r"It ends with (.*?)\.\n", read("docs/platform.md"), re.DOTALL)[1]
    found += compare({int(code) for code in re.findall(r"\b\d+\b", sentence)}, set(provoked) - {64, 73}, "docs/platform.md (check)",
                     "check", "exit code")
    assert not found, "\n".join(found)


async def test_exit_codes_of_plsctl_match_the_documents(lab):
    documented = {int(row[0]) for row in table("docs/plsctl.md", "code")}
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity, agent__allowed_commands=["/bin/sleep", "/nonexistent"])
    await agent.connected()
    await operator.alive(identity.uuid)

    async def code(*arguments, **environment):
        return (await fleet.plsctl(*arguments, expect=None, deadline=60, **environment)).code
    context = fleet.context()
    log = lab.folder / "interrupted.out"
    waiting = Process([os.environ["PLSCTL"], "exec", identity.uuid, "--", "/bin/sleep", "5"], log, environment=fleet.environment())
    lab.closing(waiting.kill)
    await until(lambda: agent.log("command received"), "the command at the agent")
    interrupted = await waiting.stop(signal.SIGINT)
    provoked = {
        130: ("Ctrl-C", interrupted),
        0: ("a command", await code("agents", "list")),
        1: ("a program that cannot be started", await code("exec", identity.uuid, "--", "/nonexistent")),
        2: ("an unknown command", await code("frobnicate")),
        3: ("an unknown agent", await code("agents", "show", str(uuid.uuid4()))),
        4: ("a program that is not allowed", await code("exec", identity.uuid, "--", "/bin/true")),
        69: ("no server", await code("agents", "list", PLSCTL_URL=f"nats://127.0.0.1:{free_port()}")),
        77: ("a wrong token", await code("agents", "list", PLSCTL_TOKEN="plso_" + "x" * 43)),
        78: ("no such context", await code("agents", "list", "--context", "nowhere")),
    }
    await fleet.enrol(operator)
    provoked[6] = ("an agent that never connected", await code("run", "--all", "--yes", "system.info"))
    await agent.stop()
    provoked[5] = ("an agent that is away", await code("system", "info", identity.uuid, "--timeout", "1s"))
    assert context == fleet.context()
    found = problems_of(documented, "docs/plsctl.md", "PLSCTL", provoked)
    assert not found, "\n".join(found)
