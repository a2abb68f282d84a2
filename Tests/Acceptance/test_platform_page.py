"""Runs the commands of docs/platform.md in order, in a separate folder."""

import os
import pathlib
import re
import shlex

from harness.agent import Agent, Identity
from harness.fleet import Fleet, run_program
from harness.process import Process
from harness.server import free_port
from harness.waiting import until

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "platform.md"


def commands(heading):
    """The commands of a section, in order."""
    section = re.search(rf"^## {heading}$(.*?)^## ", PAGE.read_text(encoding="utf-8"), re.M | re.S)[1]
    section = section[:section.index("An installation whose service owns its files")]
    found = []
    for block in re.findall(r"```sh\n(.*?)```", section, re.S):
        found += [line.strip() for line in re.sub(r"\\\n\s*", "", block).splitlines() if line.strip()]
    return found


class Walk:
    """Maps the names of the page to files and ports of a test."""

    def __init__(self, lab):
        self.lab, self.fleet, self.root = lab, Fleet(lab), lab.folder / "machine"
        self.port, self.metrics_port = free_port(), free_port()
        self.installed = {}
        self.started = []
        self.token = None
        self.enrolled = ""
        self.certificates = lab.certificates

    def translated(self, line):
        line = line.replace("/etc/plusclouds-platform", str(self.root / "etc")).replace("/var/lib/nats", str(self.root / "store"))
        line = line.replace("/etc/nats/cert.pem", self.certificates.server_cert).replace("/etc/nats/key.pem", self.certificates.server_key)
        return line.replace("nats.example.com:4222", f"localhost:{self.port}").replace("nats.example.com", "localhost")

    async def run(self, line):
        words = shlex.split(self.translated(line.removeprefix("sudo ")))
        if words[0] == "make":
            # Other tests cover the build and the installation; the programs count as installed from here on.
            assert words[:5] == ["make", "release", "&&", "sudo", "make"] and words[5] == "install-platform", words
            self.installed = {"plusclouds-platform": os.environ["PLUSCLOUDS_PLATFORM"], "plsctl": os.environ["PLSCTL"]}
            return
        if words[0] in ("plusclouds-platform", "plsctl"):
            assert words[0] in self.installed, f"{line}: not installed by now"
            await self.program(words)
        elif words[0] == "install":
            assert (await run_program(words, self.fleet.environment())).code == 0
        elif words[0] == "nats-server":
            self.start([os.environ["NATS_SERVER"], *words[1:]], "nats.log")
            await self.says("Server is ready", "nats.log")
        elif words[0] == "systemctl":
            assert words[1:] == ["enable", "--now", "plusclouds-platform"]
            unit = (PAGE.parents[1] / "packaging" / "plusclouds-platform.service.in").read_text(encoding="utf-8")
            command = shlex.split(self.translated(re.search(r"^ExecStart=@BINDIR@/(.*)$", unit, re.M)[1]))
            self.start([self.installed[command[0]], *command[1:]], "platform.log")
            await self.says("the platform answers", "platform.log")
        else:
            raise AssertionError(f"not covered by this test: {line}")

    async def program(self, words):
        content, more = None, []
        if words[1] == "init":
            more = ["--port", str(self.port), "--websocket-port", "0", "--tls-ca", self.certificates.ca]
        if words[1:3] == ["context", "add"]:
            # As the page advises for a private authority.
            more, content = ["--ca-file", self.certificates.ca, "--token-file", "-"], self.token.encode()
        outcome = await run_program([self.installed[words[0]], *words[1:], *more], self.fleet.environment(), deadline=60,
                                    content=content)
        print(outcome)
        assert outcome.code == 0, outcome
        if words[1] == "init":
            path = self.root / "etc" / "platform.yaml"
            text = path.read_text(encoding="utf-8")
            assert "127.0.0.1:9464" in text
            path.write_text(text.replace("127.0.0.1:9464", f"127.0.0.1:{self.metrics_port}"), encoding="utf-8")
        if words[1] == "operator":
            self.token = next(iter(outcome.yaml["contexts"].values()))["token"]
        if words[1:3] == ["agents", "enroll"]:
            self.enrolled = outcome.out

    def start(self, arguments, log):
        process = Process(arguments, self.lab.folder / log, environment=self.fleet.environment())
        self.started.append(process)
        self.lab.closing(process.stop)

    async def says(self, text, log):
        await until(lambda: text in (self.lab.folder / log).read_text(encoding="utf-8") or not self.started[-1].running, text, 60)
        assert self.started[-1].running, (self.lab.folder / log).read_text(encoding="utf-8")


async def test_the_commands_of_the_page_work_in_order(lab):
    walk = Walk(lab)
    lines = commands("On one server")
    print("\n".join(lines))
    assert len(lines) >= 9
    for line in lines:
        await walk.run(line)
    # The printed settings connect an agent.
    found = re.search(r"agent_uuid: (\S+)\s+api_key: (\S+)", walk.enrolled)
    assert found, walk.enrolled
    identity = Identity()
    identity.uuid, identity.key = found[1], found[2]
    agent = Agent(lab.folder / "agent", identity)
    lab.agents.append(agent)
    agent.write(agent.settings(f"tls://localhost:{walk.port}", nats__tls={"ca_file": walk.certificates.ca}))
    agent.start()
    await agent.connected()
    listed = await run_program([os.environ["PLSCTL"], "agents", "list", "-q"], walk.fleet.environment())
    assert listed.out.strip() == identity.uuid, listed


def test_the_page_states_the_requirements():
    section = re.search(r"^## On one server$(.*?)^## ", PAGE.read_text(encoding="utf-8"), re.M | re.S)[1]
    for word in ("nats-server 2.10.27", "/var/lib/nats", "5 GiB", "NTP", "30 s", "agents enroll", "streams.*.max_bytes"):
        assert word in section, word

