"""Documented operations, subjects, methods, metrics and commands, compared with the running programs."""

import asyncio
import base64
import json
import os
import re
import subprocess
import urllib.request

import pytest
import yaml

from harness import documents, prometheus, schemas
from harness.certificates import Certificates
from harness.documents import compare, read, spans, table
from harness.fleet import Fleet
from harness.operator import APIFailure
from harness.server import agent_permissions, free_port
from harness.waiting import until

UUID = "6b1d8f5c-2f0e-4f37-9a51-0c4f2f3f9f10"
# Parameters of every command, in addition to those of its operation.
OF_EVERY_COMMAND = {"parallel", "stream"}
PROTOCOL = "docs/protocol.md"


def documented_operations():
    """Each operation with its parameters, from the table of the protocol."""
    found = {}
    for names, params, _ in table(PROTOCOL, "operation", "params"):
        for name in documents.keys(names):
            found[name] = set(spans(params))
    return found


async def test_operations_match_the_documents(lab):
    documented = documented_operations()
    server = await lab.server()
    platform = await lab.platform(server)
    agent = lab.agent(server, agent__allowed_operations=sorted(documented), agent__allowed_commands=["/bin/true"])
    announced = (await platform.next("capabilities")).payload["operations"]
    answered = await platform.output("agent.allowed_operations")
    assert answered["operations"] == announced
    found = compare(documented, [each["operation"] for each in announced], PROTOCOL, "the agent", "operation")
    for each in announced:
        params = {param["name"] for param in each.get("params", [])} - OF_EVERY_COMMAND
        found += compare(documented.get(each["operation"], set()), params, f"{PROTOCOL}: {each['operation']}", "the agent", "parameter")

    agent.write(agent.settings(server.url, agent__allowed_operations=[]))
    check = subprocess.run([agent.binary, "check", "--offline", "--config", str(agent.config_path)], env=agent.environment,
                           capture_output=True, text=True, timeout=60, check=False).stdout
    known = re.search(r"^operations not allowed: (.*)$", check, re.MULTILINE)[1].split(", ")
    found += compare(documented, known, PROTOCOL, "the agent (check)", "operation")
    files = [name.removeprefix("operations/").removesuffix(".json") for name in schemas.schema_names() if "operations/" in name]
    found += compare(documented, files, PROTOCOL, "docs/schemas/operations", "operation")

    text = read("docs/operations.md")
    heads = [documents.keys(re.sub(r"([\w.]+)", r"`\1`", head)) for head in re.findall(r"^## (.*\..*|exec)$", text, re.MULTILINE)]
    found += compare([name for head in heads for name in head], documented, "docs/operations.md (headings)", "the agent", "operation")

    agent.write("")
    check = subprocess.run([agent.binary, "check", "--offline", "--config", str(agent.config_path)], env=agent.environment,
                           capture_output=True, text=True, timeout=60, check=False).stdout
    default = re.search(r"^allowed operations: (.*)$", check, re.MULTILINE)[1].split(", ")
    sentence = re.search(r"these are allowed: (.*?)\. When .*?\sexplicitly: (.*?)\.\n", read("docs/configuration.md"), re.DOTALL)
    found += compare(spans(sentence[1]), default, "docs/configuration.md", "the agent by default", "operation")
    found += compare(spans(sentence[2]), set(documented) - set(default), "docs/configuration.md", "the agent", "operation not allowed by default")
    assert not found, "\n".join(found)
    assert len(documented) > 20


def permissions_of_the_document():
    text = next(block for block in re.findall(r"```\n(subscribe: .*?)```", read(PROTOCOL), re.DOTALL))
    found = {}
    for name, value in re.findall(r"^(\w+): *(\{.*\})$", text, re.MULTILINE):
        found[name] = json.loads(re.sub(r"(\w+): ", r'"\1": ', value))
    return found


def documented_subjects(by):
    return {spans(row[0])[0] for row in table(PROTOCOL, "subject", "who publishes") if row[1] == by}


async def test_subjects_of_an_agent_match_the_document(lab):
    permissions = permissions_of_the_document()
    assert permissions == agent_permissions("{uuid}"), f"{PROTOCOL} has other permissions than the servers of these tests"
    assert set(permissions["publish"]["allow"]) == documented_subjects("agent"), f"{PROTOCOL}: permissions and subjects differ"
    assert set(permissions["subscribe"]["allow"]) == documented_subjects("platform"), f"{PROTOCOL}: permissions and subjects differ"
    port = free_port()
    server = await lab.server(extra={"http": f"127.0.0.1:{port}"})
    platform = await lab.platform(server)
    seen = set()

    async def note(message):
        if not message.subject.startswith("_INBOX"):
            seen.add(message.subject.replace(lab.identity.uuid, "{uuid}"))
    await platform.connection.subscribe(">", cb=note)
    agent = lab.agent(server, agent__telemetry_interval="1s", agent__heartbeat_interval="1s")
    await platform.next("telemetry", count=2)
    # One command with its answer on the event subject, one on an inbox.
    await platform.output("system.memory")
    connections = json.loads(await http(f"http://127.0.0.1:{port}/connz?subs=1&auth=1"))["connections"]
    mine = next(each for each in connections if each.get("authorized_user") == lab.identity.uuid)
    subscribed = {subject.replace(lab.identity.uuid, "{uuid}") for subject in mine["subscriptions_list"]}
    found = compare(documented_subjects("platform"), subscribed, PROTOCOL, "the agent", "subscription")
    found += compare(documented_subjects("agent") | documented_subjects("platform"), seen, PROTOCOL, "the agent", "subject")
    if mine["name"] != f"plusclouds-vm-agent:{lab.identity.uuid}":
        found.append(f"{PROTOCOL}: the agent calls itself {mine['name']}")
    assert not found, "\n".join(found)
    assert not [entry for entry in agent.log() if "ermission" in json.dumps(entry)]


async def http(url):
    def fetch():
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read()
    return await asyncio.to_thread(fetch)


def claims(connection):
    payload = connection["jwt"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["nats"]


def methods_of_the_document():
    """Each method with its least role and its parameters: all, and the required ones."""
    found = {}
    for method, role, params, _ in table("docs/platform-api.md", "method", "least role"):
        found[spans(method)[0]] = (role, set(spans(params)), set(re.findall(r"\*\*`(\w+)`\*\*", params)))
    return found


async def test_subjects_of_operators_match_the_document(lab):
    """The permissions that the platform signs for each role, read from its answers to the server."""
    fleet = Fleet(lab)
    fleet.keys["xkey"] = None
    await fleet.start()
    for role in ("viewer", "operator", "admin"):
        await fleet.add_operator(role, role, "--replace")
    signed = []

    async def note(message):
        for word in message.data.split(b"."):
            try:
                signed.append(claims(json.loads(base64.urlsafe_b64decode(word + b"=" * (-len(word) % 4)))["nats"]))
            except (ValueError, KeyError, TypeError):
                continue
    listener = await fleet.as_platform()
    await listener.subscribe(">", cb=note)
    await listener.flush()
    roles = [row[0].strip("`") for row in table("docs/platform-api.md", "role", "may")]
    assert roles == ["viewer", "operator", "admin"]
    methods = methods_of_the_document()
    rows = {row[0]: spans(row[1]) for row in table("docs/platform-api.md", "", "subjects")}
    found = []
    for role in roles:
        await fleet.operator(role)
        await until(lambda: [each for each in signed if any(  # pylint: disable=cell-var-from-loop
            subject.startswith(f"pls.api.{role}.") for subject in each["pub"]["allow"])], f"the permissions of {role}")
        allowed = next(each for each in signed if any(subject.startswith(f"pls.api.{role}.") for subject in each["pub"]["allow"]))
        mine = lambda subject: subject.replace(role, "{name}", 1) if f".{role}." in subject or f"_{role}." in subject else subject
        subscribe = {mine(subject) for subject in allowed["sub"]["allow"]}
        found += compare(rows["subscribe"], subscribe, "docs/platform-api.md", f"the platform for a {role}", "subscription")
        may = {f"pls.api.{{name}}.{method}" for method, (least, _, _) in methods.items() if roles.index(least) <= roles.index(role)}
        publish = {mine(subject) for subject in allowed["pub"]["allow"]}
        if publish != {"pls.api.{name}.>"}:
            found += compare(may, publish, "docs/platform-api.md", f"the platform for a {role}", "request")
    assert not found, "\n".join(found)
    assert rows["publish"] == ["pls.api.{name}.{method}"]


def nulls(value, path=""):
    """The paths of null members in a result."""
    if isinstance(value, dict):
        return [f"{path}.{key}" for key, item in value.items() if item is None] + [
            each for key, item in value.items() if key not in ("params", "result", "payload", "details", "capabilities", "telemetry")
            for each in nulls(item, f"{path}.{key}")]
    return [each for number, item in enumerate(value) for each in nulls(item, f"{path}[{number}]")] if isinstance(value, list) else []


async def test_methods_of_the_platform_match_the_document(lab):
    documented = methods_of_the_document()
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    with pytest.raises(APIFailure) as missing:
        await operator.once("no.such")
    assert missing.value.code == "unknown_method"
    known = missing.value.message.partition(": it has ")[2].split(", ")
    found = compare(documented, known, "docs/platform-api.md", "the platform", "method")

    values = {"agent": identity.uuid, "id": "1234", "name": "someone", "operation": "system.info"}
    for method in sorted(set(documented) & set(known)):
        _, params, needed = documented[method]
        try:
            answer = await operator.once(method, **{name: values.get(name, "x") for name in needed}, no_such=1)
            found.append(f"docs/platform-api.md: {method} takes the parameter no_such, although it does not know it: {answer}")
            continue
        except APIFailure as failure:
            strange = failure
        assert strange.code == "invalid", (method, strange)
        names = re.search(r": there are (.*)$", strange.message)[1]
        found += compare(params, [] if names == "none" else names.split(", "), f"docs/platform-api.md: {method}", "the platform", "parameter")
        for name in needed:
            with pytest.raises(APIFailure) as incomplete:
                await operator.once(method, **{each: values[each] for each in needed - {name}})
            if incomplete.value.code != "invalid" or name not in incomplete.value.message:
                found.append(f"docs/platform-api.md: {method} does not ask for {name}: {incomplete.value}")

    agent = fleet.agent(identity)
    await agent.connected()
    await operator.alive(identity.uuid)
    ended = await operator.run(identity.uuid, "system.info")
    for method, params in (("agents.list", {}), ("agents.list", {"limit": 1}), ("agents.show", {"agent": identity.uuid}),
                           ("commands.list", {}), ("commands.show", {"id": ended["id"]}), ("events.list", {}),
                           ("audit.list", {}), ("operators.list", {}), ("enrolments.list", {}), ("platform.status", {})):
        found += [f"docs/platform-api.md: members without a value are absent; {method} has {path} as null"
                  for path in nulls(await operator.call(method, **params))]
    assert not found, "\n".join(found)
    assert len(documented) > 15


async def test_metrics_match_the_document(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await fleet.enrol(operator)
    agent = fleet.agent(identity)
    await agent.connected()
    await operator.alive(identity.uuid)
    await operator.run(identity.uuid, "system.info")
    documented = {}
    for names, kind, labels, _ in table("docs/platform.md", "metric", "kind"):
        for name in spans(names):
            documented[name] = (kind, set(spans(labels)))
    families = prometheus.parse((await fleet.metrics())["text"])
    # A family without a sample has no lines, so its name is read from the source of /metrics.
    listed = set(re.findall(r'= "((?:plusclouds|process)_[a-z_]+)"', read("Sources/PlatformCore/Metrics/PlatformMetric.swift")))
    assert set(families) <= listed and len(families) > len(listed) - 3, listed - set(families)
    found = compare(documented, listed, "docs/platform.md", "/metrics", "metric")
    for name in set(documented) & set(families):
        kind, labels = documented[name]
        if families[name].type != kind:
            found.append(f"docs/platform.md: {name} is a {families[name].type}, not a {kind}")
        seen = {label for _, pairs, _ in families[name].samples for label in pairs}
        if families[name].samples and seen != labels:
            found.append(f"docs/platform.md: {name} has the labels {sorted(seen)}, not {sorted(labels)}")
    text = "".join(read(each) for each in documents.names())
    bases = listed | {f"{name}_{end}" for name, family in families.items() if family.type == "histogram"
                             for end in ("bucket", "sum", "count")}
    found += [f"a document names the metric {name}, which /metrics lacks" for name in
              sorted(set(re.findall(r"\bplusclouds_[a-z_]+[a-z]\b", text))) if name not in bases]
    assert not found, "\n".join(found)
    assert len(documented) > 20


async def test_streams_match_the_document(lab):
    """The streams of the table of keys, as JetStream has them."""
    fleet = await Fleet(lab).start()
    client = await fleet.as_platform()
    documented = {}
    for row in table("docs/platform.md", "key", "default"):
        if row[0].startswith("`streams.") and "max_age" in row[0]:
            age, size = (documents.value(span) for span in spans(row[1]))
            documented[spans(row[2])[0]] = (age, size)
    streams = {stream.config.name: stream.config for stream in await client.jetstream().streams_info()}
    record = await client.request("pls.record.STREAM.INFO.PLS_AUDIT", b"")
    config = json.loads(record.data)["config"]
    actual = {name: (each.max_age, each.max_bytes) for name, each in streams.items() if not name.startswith(("KV_", "OBJ_"))}
    actual[config["name"]] = (config["max_age"] / 1e9, config["max_bytes"])
    found = compare(documented, actual, "docs/platform.md", "JetStream", "stream")
    found += [f"docs/platform.md: {name} has {actual[name]}, not {documented[name]}" for name in set(documented) & set(actual)
              if actual[name] != documented[name]]
    assert not found, "\n".join(found)


def tree(program, environment):
    """Every command without subcommands, with its options and their defaults, from the help that the program dumps."""
    done = subprocess.run([program, "--experimental-dump-help"], capture_output=True, text=True, check=True, timeout=60, env=environment)
    found = {}

    def walk(command, path):
        below = [each for each in command.get("subcommands", []) if each["commandName"] != "help"]
        if not below:
            found[" ".join(path)] = {each["preferredName"]["name"]: each.get("defaultValue") for each in command["arguments"]
                                     if each["kind"] != "positional"}
        for each in below:
            walk(each, (*path, each["commandName"]))
    walk(json.loads(done.stdout)["command"], ())
    return found


def commands_of_spans(text, groups):
    """The commands in code spans such as `services get\\|stop AGENT`, `operators add NAME`, `list`."""
    found, group = set(), None
    for span in spans(text):
        words = span.replace("\\|", "|").removeprefix("plsctl ").split()
        if not words or words[0].startswith("-"):
            continue
        for first in words[0].split("|"):
            if first in groups and len(words) > 1:
                group = first
                found |= {f"{first} {second}" for second in words[1].split("|")}
            elif group and first in groups[group]:
                found.add(f"{group} {first}")
            else:
                found.add(first)
    return found


def test_commands_of_plsctl_match_the_document():
    commands = tree(os.environ["PLSCTL"], {"PATH": "/usr/bin:/bin"})
    groups = {}
    for command in commands:
        first, _, second = command.partition(" ")
        if second:
            groups.setdefault(first, set()).add(second)
    documented = set()
    for each in documents.tables("docs/plsctl.md"):
        if each["head"] == ["", ""]:
            for row in each["rows"]:
                documented |= commands_of_spans(row[0], groups)
    for line in [line for name in documents.names() for line in documents.code(name)]:
        for words in re.findall(r"^(?:== )?plsctl ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", line):
            first, _, second = words.partition(" ")
            documented.add(words if first in groups else first)
    documented -= {"help"} | set(groups)
    found = compare(documented, commands, "docs/plsctl.md", "plsctl", "command")
    options = {f"--{name}" if len(name) > 1 else f"-{name}" for each in commands.values() for name in each} | {
        "--generate-completion-script", "--version", "--help"}
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", read("docs/plsctl.md")))
    found += [f"docs/plsctl.md has the option {option}, which plsctl lacks" for option in sorted(shown - options)]
    assert not found, "\n".join(found)
    assert len(documented) > 30 and len(shown) > 15


def test_commands_of_the_platform_match_the_documents():
    commands = tree(os.environ["PLUSCLOUDS_PLATFORM"], {"PATH": "/usr/bin:/bin"})
    lines = "\n".join(read(name) for name in documents.names())
    documented = set()
    for words in re.findall(r"plusclouds-platform ([a-z]+(?: [a-z]+)?)", lines):
        first, _, second = words.partition(" ")
        documented.add(words if first == "operator" and second else first)
    named = {command for command in commands if command in documented}
    found = [f"no document names plusclouds-platform {command}" for command in sorted(set(commands) - named)
             if command not in ("operator list", "operator remove")]
    rows = {}
    for row in table("docs/platform.md", "option", ""):
        for span in spans(row[0]):
            rows[span.split()[0].removeprefix("--")] = row[1]
    found += compare(rows, set(commands["dev"]) - {"help", "version"}, "docs/platform.md: dev", "plusclouds-platform", "option")
    for name, default in commands["dev"].items():
        if default is not None and name in rows and f"default `{default}`" not in rows[name]:
            found.append(f"docs/platform.md: dev --{name} is {default} by default")
    options = {f"--{name}" for each in commands.values() for name in each}
    for line in lines.splitlines():
        if re.search(r"plusclouds-platform (init|check|serve|operator|dev)\b", line):
            used = set(re.findall(r"(?<!-)--[a-z][a-z-]+", line.partition("plusclouds-platform")[2]))
            found += [f"a document has {line.strip()!r}: there is no option {each}" for each in sorted(used - options)]
    assert not found, "\n".join(found)


def test_options_of_the_agent_match_the_documents():
    done = subprocess.run([os.environ["PLUSCLOUDS_AGENT"], "--help"], capture_output=True, text=True, check=True, timeout=60)
    options = set(re.findall(r"--[a-z-]+", done.stdout))
    manual = set(re.findall(r"--[a-z][a-z-]+", read("packaging/plusclouds-agent.8").replace("\\-", "-")))
    found = compare(manual, options, "packaging/plusclouds-agent.8", "plusclouds-agent", "option")
    for name in documents.names():
        for line in read(name).splitlines():
            for command in re.findall(r"plusclouds-agent (?:check|snapshot|--)[^`|]*", line):
                found += [f"{name}: plusclouds-agent has no {option}" for option in re.findall(r"(?<![\w-])--[a-z-]+", command)
                          if option not in options]
    assert not found, "\n".join(found)


async def test_contexts_of_plsctl_match_the_document(lab):
    """The keys of contexts.yaml in the document equal those that `context add` writes."""
    block = next(each for each in documents.blocks("docs/plsctl.md", "yaml") if "contexts:" in each)
    documented = yaml.safe_load(block)
    path = lab.folder / "contexts.yaml"
    ca_file = Certificates(lab.folder).ca
    done = subprocess.run(
        [os.environ["PLSCTL"], "context", "add", "dev", "--url", "nats://127.0.0.1:4222", "--operator", "admin", "--token-file", "-",
         "--ca-file", ca_file, "--tls-first", "--server-name", "nats.example", "--no-discover", "--use"],
        input="plso_" + "x" * 43, env={"PATH": "/usr/bin:/bin", "HOME": str(lab.folder), "PLSCTL_CONFIG": str(path)},
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = compare(documented, written, "docs/plsctl.md", "contexts.yaml", "key")
    found += compare(documented["contexts"]["dev"], written["contexts"]["dev"], "docs/plsctl.md", "contexts.yaml", "key of a context")
    assert not found, "\n".join(found)
