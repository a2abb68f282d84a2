"""Documents compared with this repository and the programs, as far as possible without a server."""

import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from harness import documents, schemas
from harness.documents import ROOT, compare, read, spans, table

# A valid value for each key that differs from its default; by key if it cannot be derived from the default.
OTHERS = {
    "nats.connection_type": "websocket", "nats.url": "nats://other.example:1", "nats.websocket_url": "wss://other.example/p",
    "nats.proxy": "http://proxy.example:3128", "nats.agent_uuid": "6b1d8f5c-2f0e-4f37-9a51-0c4f2f3f9f10",
    "nats.tls.server_names": ["other.example"], "agent.allowed_operations": ["exec"], "agent.allowed_commands": ["/bin/x"],
    "autoheal.units": ["a*"], "autoheal.exclude": ["b"], "callout.clones": "refuse", "callout.reply_ttl": "20m",
    "streams.replicas": 3, "commands.kept": "10d", "metrics.listen": "off", "log.level": "error", "log.format": "console",
    "nats.account": "OTHER",
}
ALL_CAPITALS = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
ALERT_SOURCES = ("Alerts", "Autoheal", "Operations", "Updates")


def other(key, default):
    if key in OTHERS:
        return OTHERS[key]
    if key.startswith("buckets."):
        return "64MiB"
    known = documents.value(default)
    if isinstance(known, bool):
        return not known
    if re.fullmatch(r"(\d+[a-z]+)+", str(default)):
        return "61s"
    if isinstance(known, float) and re.search(r"[KMGT]iB$", str(default)):
        return "64MiB"
    if isinstance(known, float):
        return int(known) + 1
    return f"/other/{key}"


class Checker:
    """`check --offline --settings` of a program."""

    def __init__(self, program, prefix, folder, required):
        self.program, self.prefix, self.path, self.required = program, prefix, folder / "settings.yaml", required

    def variable(self, key):
        return self.prefix + key.upper().replace(".", "_")

    def run(self, settings, variables=None):
        """Returns the settings in effect, and the output; keys are dotted."""
        nested = {}
        for key, item in {**self.required, **settings}.items():
            *sections, name = key.split(".")
            place = nested
            for section in sections:
                place = place.setdefault(section, {})
            place[name] = item
        self.path.write_text(json.dumps(nested), encoding="utf-8")
        self.path.chmod(0o600)
        text = lambda item: ",".join(item) if isinstance(item, list) else str(item).lower() if isinstance(item, bool) else str(item)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.path.parent)}
        environment |= {self.variable(key): text(item) for key, item in (variables or {}).items()}
        done = subprocess.run([self.program, "check", "--offline", "--settings", "--config", str(self.path)], env=environment,
                              capture_output=True, text=True, timeout=60, check=False)
        settings = documents.printed_settings(done.stdout)
        assert settings, done.stdout + done.stderr
        return settings, done.stdout


@pytest.fixture(name="agent")
def _agent(tmp_path):
    return Checker(os.environ["PLUSCLOUDS_AGENT"], "PLUSCLOUDS_AGENT_", tmp_path, {})


@pytest.fixture(name="platform")
def _platform(tmp_path):
    required = {"nats.url": "nats://127.0.0.1:4222", "nats.seed_file": "/p", "nats.system_seed_file": "/s",
                "callout.issuer_seed_file": "/i"}
    return Checker(os.environ["PLUSCLOUDS_PLATFORM"], "PLUSCLOUDS_PLATFORM_", tmp_path, required)


def problems_with(checker, document, rows, complete=True):
    """Compares keys and defaults of one table with one program, and checks file and variables."""
    documented = documents.defaults(rows)
    actual, _ = checker.run({})
    found = compare(documented, actual, document, pathlib.Path(checker.program).name, "key")
    if not complete:
        found = [line for line in found if " lacks the key " not in line.split(", which")[0]]
    shared = {key: text for key, text in documented.items() if key in actual}
    for key, text in shared.items():
        if key in checker.required:
            if text != "must be there":
                found.append(f"{document}: {key} has no default: it must be there")
        elif text.startswith("17 operations") or text.startswith("[17 operations]"):
            if len(actual[key]) != 17:
                found.append(f"{document}: {key}: {len(actual[key])} operations are the default, not 17")
        elif documents.value(text) != documents.value(actual[key]):
            found.append(f"{document}: the default of {key} is {actual[key]!r}, not {text!r}")
    others = {key: other(key, text) for key, text in shared.items()}
    # The platform accepts such a list as one string.
    others = {key: item if not isinstance(item, list) or isinstance(actual[key], list) else ",".join(item)
              for key, item in others.items()}
    for source, arguments in (("the file", (others,)), ("the environment", ({}, others))):
        changed, text = checker.run(*arguments)
        for line in text.splitlines():
            if "unknown" in line and "warning" in line:
                found.append(f"{document}: {line}")
        secret = {key for key in others if changed.get(key) == "[redacted]"}
        found += [f"{document}: {key} in {source} has no effect: {changed[key]!r}, not {others[key]!r}" for key in shared
                  if key not in secret and documents.value(changed[key]) != documents.value(others[key])]
    return found


def test_the_keys_of_the_agent_match_the_documents(agent):
    rows = table("docs/configuration.md", "key", "default")
    found = problems_with(agent, "docs/configuration.md", rows)
    assert not found, "\n".join(found)
    assert len(documents.defaults(rows)) > 30, "the table was not read"
    rows = table("README.md", "key", "default")
    found = problems_with(agent, "README.md", rows, complete=False)
    assert not found, "\n".join(found)
    assert len(documents.defaults(rows)) > 20, "the table was not read"


def test_the_keys_of_the_platform_match_the_document(platform):
    rows = table("docs/platform.md", "key", "default")
    found = problems_with(platform, "docs/platform.md", rows)
    assert not found, "\n".join(found)
    assert len(documents.defaults(rows)) > 30, "the table was not read"


def test_the_installed_configuration_matches_the_document(agent):
    """configs/agent.yaml has every key; its differences from the defaults are documented in docs/configuration.md and its comments."""
    text = read("configs/agent.yaml")
    defaults, _ = agent.run({})
    installed = documents.flat(yaml.safe_load(text))
    found = compare(installed, defaults, "configs/agent.yaml", "the agent", "key")
    in_effect, printed = agent.run(installed)
    warnings = [line for line in printed.splitlines() if line.startswith("warning:")]
    assert [re.search(r"nats\.\w+", line)[0] for line in warnings] == ["nats.agent_uuid", "nats.api_key"], warnings
    differing = {key for key in installed if documents.value(in_effect[key]) != documents.value(defaults[key])}
    documented = {row[0].strip("`"): spans(row[1]) for row in table("docs/configuration.md", "key", "installed")}
    found += compare(documented, differing, "docs/configuration.md, The installed file,", "configs/agent.yaml", "other value of")
    for key in differing & set(documented):
        wanted = in_effect[key] if isinstance(in_effect[key], list) else [str(in_effect[key])]
        if documented[key][:len(wanted)] != wanted:
            found.append(f"docs/configuration.md: {key} is installed as {wanted}, not {documented[key]}")
    comments, said = "", {}
    for line in text.splitlines():
        if line.strip().startswith("#"):
            comments += line
        elif not line.startswith(" "):
            comments = ""
        elif match := re.match(r" +(\w+):", line):
            said[match[1]] = (re.search(r"[Dd]efault: ([^ #]+?)\.?(?: |#|$)", comments) or [None, None])[1]
            said[match[1]] = "" if "the default: none" in comments else said[match[1]]
            comments = ""
    for key in sorted(differing):
        default = said[key.rpartition(".")[2]]
        if default is None or documents.value(default) != documents.value(defaults[key]):
            found.append(f"configs/agent.yaml: the comment of {key} says that the default is {default!r}, it is {defaults[key]!r}")
    assert not found, "\n".join(found)
    assert [line.strip() for line in text.splitlines() if line.startswith("    # - ")] == ["# - vm.reboot", "# - vm.shutdown", "# - exec"]


def test_variables_in_documents_exist(agent, platform):
    known = {checker.variable(key) for checker in (agent, platform) for key in checker.run({})[0]}
    found, count = [], 0
    for name in documents.names():
        for variable in re.findall(r"PLUSCLOUDS_(?:AGENT|PLATFORM)_[A-Z_]+[A-Z]", read(name)):
            count += 1
            if variable not in known:
                found.append(f"{name}: {variable} is the variable of no key")
    assert not found, "\n".join(found)
    assert count > 5


def literals(*folders):
    """String literals in capitals in Swift sources, with the files that contain them."""
    found = {}
    for folder in folders:
        for path in (ROOT / "Sources" / folder).rglob("*.swift"):
            for word in ALL_CAPITALS.findall(path.read_text(encoding="utf-8")):
                found.setdefault(word, set()).add(str(path.relative_to(ROOT)))
    return found


def test_alert_codes_match_the_document():
    documented, found = {}, []
    for row in table("docs/protocol.md", "code", "severity"):
        for code in spans(row[0]):
            documented[code] = set(spans(row[1]))
    sources = {}
    for folder in ALERT_SOURCES:
        sources |= literals(f"AgentCore/{folder}")
    found += compare(documented, sources, "docs/protocol.md", f"Sources/AgentCore/{{{','.join(ALERT_SOURCES)}}}", "alert code")
    severities = set(schemas.schema("alert.json")["properties"]["severity"]["enum"])
    for code, of_code in documented.items():
        if not of_code <= severities:
            found.append(f"docs/protocol.md: {code} has a severity that docs/schemas/alert.json does not have: {of_code}")
        for path in sources.get(code, ()):
            for severity in re.findall(rf'\.({"|".join(severities)}),\s*(?:code: )?"{code}"', read(path)):
                if severity not in of_code:
                    found.append(f"docs/protocol.md: {code} is {severity} in {path}, not {of_code}")
    platform = {word for word in literals("PlatformCore/FleetService") if re.search(rf'code: "{word}"', "".join(
        read(path) for path in literals("PlatformCore/FleetService")[word]))}
    found += [f"docs/platform-api.md lacks the alert code {code} of the platform" for code in platform
              if f"`{code}`" not in read("docs/platform-api.md")]
    assert not found, "\n".join(found)
    assert len(documented) > 10


# Variables that are irrelevant to operators: systemd's protocol, and settings of package tools.
INTERNAL_VARIABLES = re.compile(
    "NOTIFY_SOCKET|WATCHDOG_U?[A-Z]+|INVOCATION_ID|RUNTIME_DIRECTORY|JOURNAL_STREAM|MEMORY_PRESSURE_[A-Z]+|SYSTEMD_EXEC_PID|LC_[A-Z]+|"
    "DEBIAN_FRONTEND|DEBIAN_PRIORITY|NEEDRESTART_MODE|UCF_FORCE_CONFFOLD|APT_[A-Z]+_FRONTEND")


def test_names_in_capitals_are_documented():
    """Variables, streams and codes in the sources are documented, and documented variables are read by a program."""
    text = "".join(read(name) for name in documents.names())
    # The names in NATS are reasons of the TLS library.
    known = literals(*sorted({path.name for path in (ROOT / "Sources").iterdir()} - {"NATS"}))
    found = [f"no document names {word} of {', '.join(sorted(paths))}" for word, paths in sorted(known.items())
             if not INTERNAL_VARIABLES.fullmatch(word) and not word.startswith("PLUSCLOUDS_") and not re.search(rf"\b{word}\b", text)]
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "Sources").rglob("*.swift"))
    named = set(re.findall(r"\b(?:PLSCTL|XDG|NATS)_[A-Z_]+\b|\bNO_COLOR\b|\bHTTPS_PROXY\b|\bNO_PROXY\b", text))
    found += [f"no program reads {word}, which a document names" for word in sorted(named) if f'"{word}"' not in sources]
    assert not found, "\n".join(found)
    assert {"PLSCTL_URL", "PLSCTL_OPERATOR", "PLSCTL_TOKEN", "PLSCTL_CONFIG", "XDG_STATE_HOME", "NATS_SERVER"} <= named


def test_codes_of_results_match_the_document():
    sentence = re.search(r"`code` for a program: (.*?)\.\n? ", read("docs/protocol.md"), re.DOTALL)
    schema = schemas.schema("result.json")["properties"]
    codes = read("Sources/AgentProtocol/Payloads/ResultPayload.swift").partition("enum Code")[2].partition("\n  }")[0]
    source = {raw or name for name, raw in re.findall(r'case (\w+)(?: = "([a-z_]+)")?', codes)}
    found = compare(spans(sentence[1]), schema["code"]["enum"], "docs/protocol.md", "docs/schemas/result.json", "code")
    found += compare(schema["code"]["enum"], source, "docs/schemas/result.json", "Sources/AgentProtocol", "code")
    rows = table("docs/protocol.md", "status", "meaning")
    found += compare([spans(row[0])[0] for row in rows], schema["status"]["enum"], "docs/protocol.md", "docs/schemas/result.json",
                     "status")
    assert not found, "\n".join(found)


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in listed:
        path = ROOT / name
        if name and path.is_file() and not path.is_symlink():
            yield name, path.read_text(encoding="utf-8", errors="replace")


# The configuration of pip and apt decides the sources of packages. Folders are those of every Linux.
SOURCES_OF_PACKAGES = re.compile(r"--(?:find-links|index-url|extra-index-url|trusted-host)\b|PIP_[A-Z_]+=|deb \[?https?://")
BUILD_FILES = (".ci/", "scripts/", "packaging/", "configs/", "Makefile", "Package", "Benchmarks/Package")
FOLDERS = {"bin", "boot", "dev", "etc", "lib", "media", "proc", "run", "sbin", "sys", "tmp", "usr", "var"}
HOSTS = {"www.swift.org", "github.com", "nats.io", "nats.example.com", "nats.plusclouds.com", "plusclouds.com", "www.debian.org"}


def problems_of_place(name, text):
    """The parts of a file that are specific to one machine."""
    if name == "Tests/Acceptance/test_documents.py":
        return []
    found = [f"{name}: {match[0]} names a source of packages" for match in SOURCES_OF_PACKAGES.finditer(text)]
    homes = [path for path in (str(ROOT), str(pathlib.Path.home())) if path.count("/") > 1]
    found += [f"{name}: names {path}, a folder of this machine" for path in homes if re.search(rf"{re.escape(path)}\b", text)]
    if name.startswith(BUILD_FILES):
        for path in re.findall(r"(?<![\w.}$*~)\]@>/-])/([a-z]+)/[\w.-]", re.sub(r"\w+://\S+", "", text)):
            if path not in FOLDERS:
                found.append(f"{name}: names a path below /{path}")
        for host in re.findall(r"(?:https?|wss?|nats|tls)://([\w.-]+)", text):
            if host not in HOSTS and not re.fullmatch(r"localhost|127\.0\.0\.1|h(ost)?|user|.*\.example(\.com)?", host):
                found.append(f"{name}: names the host {host}")
    return found


def test_no_file_names_a_path_or_host_of_one_machine():
    found = [line for name, text in tracked() for line in problems_of_place(name, text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name, text", [
    ("scripts/requirements.txt", "--find-links /usr/wheels"), ("scripts/x", "cp /srv/mirror/y ."), ("Makefile", "FOLDER := /opt/x"),
    ("docs/x.md", f"see {ROOT}/docs"), (".ci/run", "curl https://mirror.corp/x"), ("scripts/x", "PIP_INDEX_URL=https://x pip"),
])
def test_a_path_or_host_of_one_machine_is_detected(name, text):
    assert problems_of_place(name, text)


def test_tests_named_in_security_md_exist():
    text = read("docs/security.md")
    python = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "Tests").rglob("test_*.py")}
    swift = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "Tests").rglob("*.swift"))
    missing = []
    for name, test in re.findall(r"(test_[a-z_]+\.py)(?:::(test_[a-z_0-9]+))?", text):
        if name not in python or f"def {test}(" not in python[name] + ("def (" if not test else ""):
            missing.append(f"{name} {test}")
    for test in re.findall(r"`(?:…::)?(test_[a-z_0-9]+)`", text):
        if not any(f"def {test}(" in source for source in python.values()):
            missing.append(test)
    for suite, test in re.findall(r"`([A-Z][A-Za-z]+Tests)(?:::([A-Za-z]+))?`", text):
        if suite not in swift or test not in swift:
            missing.append(f"{suite} {test}")
    assert not missing
    assert len(re.findall(r"test_[a-z_]+\.py", text)) > 20, "the expressions find nothing"


def test_paths_and_targets_in_documents_exist():
    """Files and folders of this repository, targets of make, targets of the package."""
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    modules = {path.name for path in (ROOT / "Sources").iterdir() if path.is_dir()}
    found = []
    for name in [each for each in documents.names() if each.endswith(".md")]:
        for span in documents.code(name):
            for path in re.findall(r"(?<![\w/.])(?:Sources|Tests|Benchmarks|scripts|packaging|configs|docs)/[\w./+-]+", span):
                if not (ROOT / path.rstrip(".")).exists():
                    found.append(f"{name}: there is no {path}")
            for target in re.findall(r"(?:^|sudo |&& )make ([a-z-]+)", span):
                if target not in targets:
                    found.append(f"{name}: make has no target {target}")
    listed = {span for row in table("docs/architecture.md", "target") for span in spans(row[0])}
    plain = {module for module in modules if not re.match(r"C[A-Z]", module)}
    found += compare({each for each in listed if not re.match(r"C[A-Z]", each)}, plain, "docs/architecture.md", "Sources", "target")
    folders = {span.removeprefix("Sources/") for row in table("CONTRIBUTING.md", "folder") for span in spans(row[0]) if span.startswith("Sources/")}
    found += compare({each for each in folders if not re.match(r"C[A-Z]", each)}, plain, "CONTRIBUTING.md", "Sources", "folder")
    assert not found, "\n".join(found)
    assert len(plain) > 10 and len(targets) > 15


def test_links_between_documents_resolve():
    found = []
    for name in [each for each in documents.names() if each.endswith(".md")]:
        for target in re.findall(r"\]\(([^)\s]+)\)", read(name)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (ROOT / name).parent / path if path else ROOT / name
            if not file.exists():
                found.append(f"{name}: {target} leads to no file")
            elif anchor and file.suffix == ".md":
                heads = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
                if anchor not in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}:
                    found.append(f"{name}: {target} leads to no heading")
    assert not found, "\n".join(found)
def _documented_alerts():
    """The alerts of docs/protocol.md: code, severities, type of the object, and its id or a description of the id."""
    text = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    table = text.split("| code | severity | `object_type` | `object_id` | when |", 1)[1].split("\n\n", 1)[0]
    alerts = {}
    for row in table.strip().splitlines()[1:]:
        codes, severities, object_type, object_id = [cell.strip() for cell in row.strip("|").split(" | ")][:4]
        codes, severities = re.findall(r"`([A-Z_]+)`", codes), re.findall(r"`([a-z]+)`", severities)
        for number, code in enumerate(codes):
            # Two codes in one row have two severities in the same order, if they differ.
            paired = len(codes) == len(severities) == 2 and code.startswith("UPDATE_")
            alerts[code] = ([severities[number]] if paired else severities, re.findall(r"`(\w+)`", object_type), object_id.strip("`"))
    return alerts


def test_alerts_match_schema_and_document():
    """The document, the schema (which validates every alert of every test) and the sources have the same codes and objects."""
    documented = _documented_alerts()
    words = {r"\.service$": "the service", "^/": "the mount point", "^[/a-zA-Z]": "the mount point, or the zfs pool"}
    schema = {}
    for rule in json.loads((ROOT / "docs/schemas/alert.json").read_text(encoding="utf-8"))["allOf"]:
        then = rule["then"]["properties"]
        object_id = then["object_id"].get("const") or words[then["object_id"]["pattern"]]
        code = rule["if"]["properties"]["code"]["const"]
        types = then["object_type"].get("enum") or [then["object_type"]["const"]]
        schema[code] = (then["severity"]["enum"], types, object_id)
    assert documented == schema
    folders = [ROOT / "Sources/AgentCore" / name for name in ("Alerts", "Autoheal", "Updates", "Operations/Power")]
    sources = "".join(path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.rglob("*.swift")))
    assert set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', sources)) == set(documented)
    named = set(re.findall(r'objectID: "([^"]+)"', sources))
    assert named | {"plusclouds-update.service"} == {object_id for _, _, object_id in documented.values()} - set(words.values())
    assert 'let name = "plusclouds-update.service"' in sources
