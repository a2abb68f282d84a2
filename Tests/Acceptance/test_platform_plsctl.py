"""Every command of plsctl, against a real server, platform and agents."""

import asyncio
import json
import os
import re
import signal
import subprocess
import time
import uuid

from harness.agent import ALL_OPERATIONS
from harness.fleet import Fleet
from harness.process import Process
from harness.server import free_port
from harness.waiting import until

DONE, FAILED, USAGE, NOT_FOUND, REFUSED, TIMED_OUT = range(6)
UNREACHABLE, NO_PERMISSION, CONFIGURATION = 69, 77, 78
# Without systemd the agent answers commands about services with `failed`.
EITHER = (DONE, FAILED)


def leaves(command, path=()):
    """The commands without subcommands, from the help that plsctl dumps."""
    below = [each for each in command.get("subcommands", []) if each["commandName"] != "help"]
    if not below:
        return {" ".join(path)}
    found = set()
    for each in below:
        found |= leaves(each, (*path, each["commandName"]))
    return found


def jq(text, expression="."):
    """The output of jq; fails if the text is not JSON."""
    process = subprocess.run(["jq", "-e", "-c", expression], input=text.encode(), capture_output=True, check=False)
    assert process.returncode in (0, 1), process.stderr.decode()
    return json.loads(process.stdout or "null")


def one_clear_line(outcome):
    """Checks an error: nothing on stdout, one plain line on stderr; the usage may follow a usage error."""
    assert outcome.out == "", outcome
    lines = outcome.err.strip().split("\n")
    if outcome.code == USAGE and len(lines) > 1 and lines[1].startswith("Usage:"):
        lines = lines[:1]
    assert len(lines) == 1 and 10 < len(lines[0]) < 400, outcome
    for machinery in ("Error Domain", "NATSError(", "APIError(", "Fatal", "Swift.", "ConsoleError"):
        assert machinery not in lines[0], outcome
    return lines[0]


async def small_fleet(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identities = [await fleet.enrol(operator, labels={"env": "test", "number": str(number)}) for number in range(2)]
    allowed = [*ALL_OPERATIONS, "logs.tail", "services.list", "services.get", "services.start", "services.stop",
               "services.restart", "services.reload", "services.enable", "services.disable"]
    for identity in identities:
        agent = fleet.agent(identity, agent__allowed_commands=["/bin/sh", "/bin/echo"], agent__allowed_operations=allowed,
                            agent__telemetry_interval="1s")
        await agent.connected()
    await operator.alive(*(identity.uuid for identity in identities))
    return fleet, operator, identities


async def test_every_command_works_in_every_format(lab):
    fleet, operator, (first, second) = await small_fleet(lab)
    agent = first.uuid
    tree = json.loads((await fleet.plsctl("--experimental-dump-help")).out)["command"]
    wanted = leaves(tree)
    covered, times, rows = set(), [], []

    async def check(*arguments, expect=DONE, formats=("table", "json", "yaml"), content=None):
        """Runs it in each format. Returns the JSON output."""
        decoded = None
        words = [word for word in arguments if not word.startswith("-")]
        name = max((leaf for leaf in wanted if words[:len(leaf.split())] == leaf.split()), key=len, default=None)
        assert name is not None, f"plsctl has no command {words}"
        covered.add(name)
        options = expect if isinstance(expect, tuple) else (expect,)
        for form in formats:
            position = arguments.index("--") if "--" in arguments else len(arguments)
            option = () if form is None else ("-o", form)
            whole = [*arguments[:position], *option, *arguments[position:]]
            began = time.monotonic()
            outcome = await fleet.plsctl(*whole, expect=None, content=content)
            times.append(time.monotonic() - began)
            assert outcome.code in options, outcome
            if outcome.code == DONE:
                assert outcome.err == "" or name in ("run", "telemetry watch"), outcome
                assert "\x1b" not in outcome.out, f"colours into a pipe: {outcome}"
                if form == "json":
                    decoded = jq(outcome.out)
                elif form == "yaml":
                    assert outcome.yaml is not None, outcome
            else:
                assert outcome.err.strip() or outcome.out.strip(), outcome
            rows.append(f"  {outcome.code:>3}  plsctl {' '.join(whole)}"[:130])
        return decoded

    try:
        await every(check, fleet, operator, first, second, agent)
    finally:
        print("\n" + "\n".join(rows))
    times.sort()
    print(f"{len(times)} runs of {len(covered)} commands, median {1000 * times[len(times) // 2]:.0f} ms, "
          f"longest {1000 * times[-1]:.0f} ms")
    missing = wanted - covered
    assert not missing, f"not tried: {sorted(missing)}"


async def every(check, fleet, operator, first, second, agent):
    """Runs each command at least once."""
    status = await check("status")
    await check("version", formats=(None,))
    assert status["agents"]["alive"] == 2
    await the_agents(check, fleet, operator, first, second, agent)
    await the_operators(check, fleet, operator)
    await the_operations(check, fleet, agent)
    await the_commands(check, operator, agent)
    events = await check("events", "--agent", agent)
    assert {each["type"] for each in events} & {"heartbeat", "capabilities"}
    audit = await check("audit", "--limit", "5")
    assert len(audit) == 5
    telemetry = await check("telemetry", "show", agent)
    assert "usage_pct" in json.dumps(telemetry)
    await check("telemetry", "watch", agent, "--count", "2", formats=("table",))
    await check("telemetry", "interval", agent, "7s", formats=("json",))
    await check("run", "--selector", "env=test", "--yes", "system.info", formats=("json",))
    await the_contexts(check, fleet)


async def the_agents(check, fleet, operator, first, second, agent):
    agents = await check("agents", "list")
    assert {each["uuid"] for each in listed(agents)} == {first.uuid, second.uuid}
    one = await check("agents", "list", "--selector", "number=1", formats=("json",))
    assert [each["uuid"] for each in listed(one)] == [second.uuid]
    shown = await check("agents", "show", agent)
    assert shown["agent"]["uuid"] == agent and shown["capabilities"]["operations"]
    # Also by the beginning of its uuid.
    await check("agents", "show", agent[:8], formats=("json",))
    enrolled = await check("agents", "enroll", "--label", "env=new", formats=("json",))
    fleet.secrets.append(enrolled["token"])
    assert enrolled["subject"] in await operator.agents()
    await check("agents", "label", enrolled["subject"], "tier=web", "env-", formats=("json",))
    assert (await operator.agents())[enrolled["subject"]]["labels"] == {"tier": "web"}
    rotated = await check("agents", "rotate", enrolled["subject"], "--grace", "60s", formats=("json",))
    fleet.secrets.append(rotated["token"])
    await check("agents", "revoke", enrolled["subject"], "--reason", "test", "--yes", formats=("json",))
    assert (await operator.agents())[enrolled["subject"]]["status"] == "revoked"
    await check("agents", "remove", enrolled["subject"], "--reason", "test", "--yes", formats=("json",))
    token = await check("agents", "enroll-token", "--label", "env=new", "--ttl", "1h", formats=("json",))
    fleet.secrets.append(token["token"])
    waiting = await check("agents", "enrollments")
    assert len(waiting) == 1 and waiting[0]["labels"] == {"env": "new"}
    await check("agents", "enroll-revoke", waiting[0]["id"], formats=("json",))
    assert await check("agents", "enrollments", formats=("json",)) == []


async def the_operators(check, fleet, operator):
    added = await check("operators", "add", "alice", "--role", "viewer", formats=("json",))
    fleet.secrets.append(added["token"])
    people = await check("operators", "list")
    assert {each["name"]: each["role"] for each in people} == {"admin": "admin", "alice": "viewer"}
    await check("operators", "remove", "alice", "--yes", formats=("json",))
    assert [each["name"] for each in await operator.call("operators.list")] == ["admin"]


async def the_operations(check, fleet, agent):
    for what in ("info", "metrics", "cpu", "memory", "disk", "network"):
        answer = await check("system", what, agent)
        assert answer, what
    await check("services", "list", agent, expect=EITHER)
    for verb in ("get", "start", "stop", "restart", "reload", "enable", "disable"):
        await check("services", verb, agent, "no-such-service", expect=FAILED, formats=("json",))
    ran = await check("exec", agent, "--", "/bin/echo", "hello", "world")
    assert "hello world" in json.dumps(ran)
    # plsctl passes on output and exit code of the program.
    outcome = await fleet.plsctl("exec", agent, "--", "/bin/sh", "-c", "echo out; echo err >&2; exit 7", expect=7)
    assert outcome.out == "out\n" and outcome.err == "err\n", outcome
    outcome = await fleet.plsctl("exec", agent, "--stream", "--", "/bin/sh", "-c", "echo 1; sleep 1; echo 2")
    assert outcome.out == "1\n2\n", outcome
    await check("exec", agent, "--", "/bin/cat", "/etc/shadow", expect=REFUSED, formats=("json",))
    outcome = await fleet.plsctl("exec", agent, "--timeout", "1s", "--", "/bin/sh", "-c", "sleep 30", expect=None)
    assert outcome.code == TIMED_OUT, outcome
    # Not allowed on these agents, because it would affect this machine.
    await check("update", agent, expect=REFUSED, formats=("json",))
    await check("reboot", agent, "--yes", expect=REFUSED, formats=("json",))
    await check("shutdown", agent, "--yes", expect=REFUSED, formats=("json",))
    # There is no terminal for a prompt.
    outcome = await fleet.plsctl("reboot", agent, expect=None)
    assert outcome.code == USAGE, outcome
    await check("logs", agent, "ssh", "--lines", "5", expect=EITHER, formats=("json",))


async def the_commands(check, operator, agent):
    commands = await check("commands", "list")
    assert any(each["operation"] == "exec" for each in commands)
    shown = await check("commands", "show", commands[0]["id"])
    assert shown["id"] == commands[0]["id"]
    # A running command is cancelled at its agent.
    view = await operator.call("commands.submit", agent=agent, operation="exec",
                               params={"command": "/bin/sh", "args": ["-c", "sleep 60"]})
    while (await operator.call("commands.show", id=view["id"]))["state"] == "pending":
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    await check("commands", "cancel", view["id"], formats=("json",))
    assert (await operator.ended(view["id"]))["state"] == "cancelled"
    await check("commands", "wait", view["id"], expect=(FAILED, REFUSED), formats=("json",))


async def the_contexts(check, fleet):
    before = fleet.context()
    await check("context", "list")
    await check("context", "show", formats=("json",))
    await check("context", "add", "other", "--url", before["url"], "--operator", "admin", "--token-file", "-",
                formats=(None,), content=before["token"].encode())
    await check("context", "use", "other", formats=(None,))
    assert fleet.context()["token"] == before["token"]
    await check("agents", "list", formats=("json",))
    await check("context", "use", "admin", formats=(None,))
    await check("context", "remove", "other", formats=(None,))


def listed(answer):
    return answer["agents"] if isinstance(answer, dict) else answer


async def test_telemetry_watch_runs_until_interrupted(lab):
    fleet, _, (first, _) = await small_fleet(lab)
    log = lab.folder / "watch.out"
    process = Process([os.environ["PLSCTL"], "telemetry", "watch", first.uuid, "-o", "json"], log,
                      environment=fleet.environment())
    await until(lambda: log.read_text(encoding="utf-8").count("cpu") >= 3 or not process.running, "three measurements")
    code = await process.stop(signal.SIGINT)
    text = log.read_text(encoding="utf-8")
    assert code in (0, 130), text
    lines = text.strip().split("\n")
    assert all(jq(line) for line in lines[:3])


async def test_bad_input_prints_one_error_line(lab):
    fleet, _, (first, _) = await small_fleet(lab)
    agent = first.uuid
    stranger = str(uuid.uuid4())
    good = fleet.contexts_path.read_text(encoding="utf-8")
    context = fleet.context()
    errors = []

    async def refused(what, code, *arguments, **environment):
        outcome = await fleet.plsctl(*arguments, expect=None, **environment)
        assert outcome.code == code, f"{what}: {outcome}"
        line = one_clear_line(outcome)
        errors.append(f"  {code:>3}  {what:<22} {line}")
        return line

    def contexts(text):
        fleet.contexts_path.write_text(text, encoding="utf-8")

    assert stranger in await refused("unknown uuid", NOT_FOUND, "agents", "show", stranger)
    await refused("unknown uuid", NOT_FOUND, "exec", stranger, "--", "/bin/echo")
    await refused("unknown command", NOT_FOUND, "commands", "show", str(uuid.uuid4()))
    for selector in ("env=", "=prod", "env=(", "env in prod", "a=b,,c=d", "!"):
        outcome = await fleet.plsctl("agents", "list", "--selector", selector, expect=None)
        if outcome.code == DONE:
            continue
        assert outcome.code == USAGE, outcome
        errors.append(f"  {outcome.code:>3}  {'selector ' + selector:<22} {one_clear_line(outcome)}")
    assert sum("selector" in line for line in errors) >= 4, "malformed selectors pass"
    await refused("unknown context", CONFIGURATION, "agents", "list", "--context", "nowhere")
    contexts(good.replace(context["token"], "plso_" + "x" * 43))
    line = await refused("wrong credentials", NO_PERMISSION, "agents", "list")
    assert context["token"] not in line
    port = free_port()
    contexts(good.replace(context["url"], f"nats://127.0.0.1:{port}"))
    assert str(port) in await refused("server down", UNREACHABLE, "agents", "list")
    contexts("contexts: [")
    await refused("broken contexts.yaml", CONFIGURATION, "agents", "list")
    fleet.contexts_path.unlink()
    await refused("no contexts.yaml", CONFIGURATION, "agents", "list")
    contexts(good)
    fleet.contexts_path.chmod(0o600)
    for instance in fleet.instances:
        await instance.stop()
    # Without an answer to the callout the server refuses every connection.
    await refused("platform not running", UNREACHABLE, "agents", "list")
    print("\n" + "\n".join(errors))
    # The command line itself.
    for arguments in (("agents", "lst"), ("agents", "show"), ("agents", "list", "-o", "xml"), ("exec",)):
        outcome = await fleet.plsctl(*arguments, expect=None)
        assert outcome.code == USAGE and outcome.out == "" and outcome.err.startswith("plsctl: "), outcome
        assert outcome.err.count("\n") == 1, outcome


async def test_a_rollout_stops_at_the_threshold(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    file = lab.folder / "effects"
    identities = [await fleet.enrol(operator, labels={"env": "prod"}) for _ in range(6)]
    # The program is not on the list of one of them.
    ordered = sorted(identities, key=lambda identity: identity.uuid)
    for identity in identities:
        allowed = [] if identity in ordered[1:3] else ["/bin/sh"]
        fleet.agent(identity, agent__allowed_commands=allowed)
    for agent in lab.agents:
        await agent.connected(deadline=60)
    await operator.alive(*(identity.uuid for identity in identities))

    params = json.dumps(["-c", f"echo x >> {file}"])
    arguments = ("run", "--selector", "env=prod", "--batch", "2", "--max-failures", "1", "--yes", "-o", "json", "exec",
                 "command=/bin/sh", f"args={params}")
    outcome = await fleet.plsctl(*arguments, expect=None, deadline=60)
    ran = len(file.read_text(encoding="ascii").split())
    commands = await operator.call("commands.list")
    print(f"\n{outcome}\nsix agents, two of which refuse: {len(commands)} commands sent, {ran} effects, exit code {outcome.code}")
    assert outcome.code == FAILED
    jq(outcome.out)
    assert len(commands) < 6, "it went on after the threshold"
    # All of them succeed: they run one after the other.
    healthy = [identity for identity in identities if identity not in ordered[1:3]]
    for identity in healthy:
        await operator.call("agents.label", agent=identity.uuid, set={"env": "good"}, remove=[])
    file.unlink()
    good = [each if each != "env=prod" else "env=good" for each in arguments]
    outcome = await fleet.plsctl(*good, deadline=60)
    assert len(file.read_text(encoding="ascii").split()) == len(healthy)
    assert len(jq(outcome.out)) >= 1


async def test_every_command_has_help_and_completions(lab):
    fleet = Fleet(lab)
    tree = json.loads((await fleet.plsctl("--experimental-dump-help")).out)["command"]
    for leaf in sorted(leaves(tree)):
        outcome = await fleet.plsctl(*leaf.split(), "--help")
        assert outcome.out.startswith("OVERVIEW"), outcome
        assert re.search(r"example", outcome.out, re.I) and "plsctl " + leaf.split()[0] in outcome.out, f"{leaf}: no example"
    for shell in ("bash", "zsh", "fish"):
        outcome = await fleet.plsctl("--generate-completion-script", shell)
        assert "plsctl" in outcome.out and "enroll" in outcome.out
