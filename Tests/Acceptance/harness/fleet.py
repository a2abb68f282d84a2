"""A complete platform for a test: nats-servers with auth callout, instances, operators, enrolled agents."""

import asyncio
import base64
import json
import os
import pathlib
import time

import nats
import yaml

from . import prometheus
from .agent import Agent, Identity
from .nkeys import ACCOUNT, CURVE, USER, KeyPair
from .operator import Operator
from .process import Process
from .server import free_port
from .waiting import DEADLINE_S, until
from .wire import Refused, Wire

# The imports of the fleet's account from the audit record, and of the platform from the servers, as `plusclouds-platform init` writes them.
RECORD_REQUESTS = ["STREAM.INFO", "STREAM.CREATE", "STREAM.MSG.GET", "DIRECT.GET"]
SERVER_REQUESTS = {"$SYS.REQ.SERVER.PING": "stream", "$SYS.REQ.SERVER.PING.CONNZ": "stream", "$SYS.REQ.SERVER.*.KICK": "single"}
SERVER_ENDS = "$SYS.SERVER.*.SHUTDOWN"
CLOSED = {"max_connections": 0, "max_leafnodes": 0}
# The first start of a debug build on a busy machine.
START_S = 60.0


class Outcome:
    """How a program ended."""

    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err

    def __repr__(self):
        return f"{' '.join(self.arguments)}: {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def yaml(self):
        return yaml.safe_load(self.out)


async def run_program(arguments, environment, *, deadline=DEADLINE_S, content=None):
    """Runs a program to its end, with any exit code."""
    process = await asyncio.create_subprocess_exec(
        *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL if content is None else asyncio.subprocess.PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(content), deadline)
    except asyncio.TimeoutError:
        process.kill()
        out, err = await process.communicate()
        raise AssertionError(f"not within {deadline:g} s: {arguments}\n{out.decode()}\n{err.decode()}") from None
    return Outcome([pathlib.Path(arguments[0]).name, *arguments[1:]], process.returncode, out.decode(), err.decode())


class Instance:
    """One `plusclouds-platform serve`."""

    def __init__(self, folder, settings):
        self.folder = folder
        self.settings = settings
        self.config_path = folder / "platform.yaml"
        self.log_path = folder / "platform.log"
        self.process = None
        self.environment = {}
        self._start = 0
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def metrics_url(self):
        return f"http://{self.settings['metrics']['listen']}/metrics"

    def write(self):
        self.config_path.write_text(json.dumps(self.settings, indent=1), encoding="utf-8")
        self.config_path.chmod(0o600)

    def start(self):
        assert self.process is None or not self.process.running
        self.write()
        self._start = len(self.log_path.read_text(encoding="utf-8")) if self.log_path.exists() else 0
        self.process = Process(
            [os.environ["PLUSCLOUDS_PLATFORM"], "serve", "--config", str(self.config_path)], self.log_path,
            environment={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8", **self.environment})
        return self

    async def ready(self):
        """Waits until it answers: an earlier connection would wait for the server's time-out."""
        await until(lambda: "the platform answers" in self.process.log_text()[self._start:] or not self.process.running,
                    "an instance that answers", START_S)
        assert self.process.running, f"the platform has ended:\n{self.process.log_text()[-2000:]}"

    def kill(self):
        self.process.kill()

    async def stop(self):
        if self.process is not None and self.process.running:
            code = await self.process.stop()
            assert code == 0, f"the platform ended with {code} on SIGTERM"


class Fleet:
    """The whole platform. All its programs end with the laboratory."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder
        self.home = lab.folder / "home"
        self.home.mkdir()
        self.servers = []
        self.instances = []
        self.operators = []
        self.secrets = []
        self.record_requests = list(RECORD_REQUESTS)
        self.keys = {"platform": KeyPair(USER), "system": KeyPair(USER), "issuer": KeyPair(ACCOUNT), "xkey": KeyPair(CURVE)}
        lab.fleets.append(self)

    # Servers and instances

    @property
    def urls(self):
        return [server.url for server in self.servers]

    def _server_options(self):
        keys = {name: pair.public for name, pair in self.keys.items() if pair is not None}
        callout = {"issuer": keys["issuer"], "account": "FLEET", "auth_users": [keys["platform"], keys["system"]]}
        if "xkey" in keys:
            callout["xkey"] = keys["xkey"]
        return {
            "accounts": {
                "FLEET": {"jetstream": "enabled", "users": [{"nkey": keys["platform"]}], "imports": [
                    {"service": {"account": "AUDIT", "subject": "pls.audit.>"}, "to": "pls.record.entry.>"},
                    *({"service": {"account": "AUDIT", "subject": f"$JS.API.{each}.PLS_AUDIT"},
                       "to": f"pls.record.{each}.PLS_AUDIT"} for each in self.record_requests)]},
                "AUDIT": {"jetstream": "enabled", "limits": CLOSED, "exports": [
                    {"service": "pls.audit.>", "accounts": ["FLEET"]},
                    *({"service": f"$JS.API.{each}.PLS_AUDIT", "accounts": ["FLEET"],
                       "response": "stream" if each == "DIRECT.GET" else "single"}
                      for each in [*RECORD_REQUESTS, "STREAM.UPDATE"])]},
                "CONTROL": {"users": [{"nkey": keys["system"]}], "imports": [
                    *({"service": {"account": "SYS", "subject": subject}} for subject in SERVER_REQUESTS),
                    {"stream": {"account": "SYS", "subject": SERVER_ENDS}}]},
                "SYS": {"limits": CLOSED, "exports": [
                    *({"service": subject, "response": kind, "accounts": ["CONTROL"]}
                      for subject, kind in SERVER_REQUESTS.items()),
                    {"stream": SERVER_ENDS, "accounts": ["CONTROL"]}]}},
            "system_account": "SYS",
            "authorization": {"timeout": 5, "auth_callout": callout}}

    def add_servers(self, count=1):
        """nats-servers in configuration mode, not started yet."""
        routes = [free_port() for _ in range(count)]
        for number, route in enumerate(routes):
            cluster = None if count == 1 else {
                "server_name": f"node{number}", "name": "acceptance", "listen": f"127.0.0.1:{route}",
                "routes": [f"nats-route://127.0.0.1:{other}" for other in routes if other != route]}
            self.servers.append(self.lab.new_server(jetstream=True, cluster=cluster, extra=self._server_options()))
        return self.servers

    def add_instance(self, **changes):
        """An instance of the platform with these changes of its settings (dotted keys with __), not started yet."""
        folder = self.folder / f"platform{len(self.instances)}"
        folder.mkdir()
        settings = {
            "nats": {"url": ",".join(self.urls), "account": "FLEET"}, "callout": {}, "fleet": {}, "commands": {},
            "streams": {"replicas": min(3, len(self.servers))},
            "metrics": {"listen": f"127.0.0.1:{free_port()}"}, "log": {"level": "info", "format": "json"}}
        files = {"platform": ("nats", "seed_file"), "system": ("nats", "system_seed_file"),
                 "issuer": ("callout", "issuer_seed_file"), "xkey": ("callout", "xkey_seed_file")}
        for name, (section, key) in files.items():
            if self.keys[name] is None:
                continue
            path = folder / f"{name}.seed"
            path.touch(mode=0o600)
            path.write_text(self.keys[name].seed + "\n", encoding="ascii")
            self.secrets.append(self.keys[name].seed)
            settings[section][key] = path.name
        for key, value in changes.items():
            section, _, name = key.partition("__")
            settings.setdefault(section, {})[name] = value
        instance = Instance(folder, settings)
        self.instances.append(instance)
        return instance

    async def start(self, servers=1, instances=1, **changes):
        """Servers, instances with these settings, and the operator `admin`."""
        for server in self.add_servers(servers):
            await server.start()
        if servers > 1:
            await until(lambda: any("new metadata leader" in server.process.log_text() for server in self.servers),
                        "a cluster whose JetStream has a leader", START_S)
        for _ in range(instances):
            self.add_instance(**changes)
        await self.add_operator("admin", "admin")
        for instance in self.instances:
            instance.start()
        for instance in self.instances:
            await instance.ready()
        return self

    # Operators

    @property
    def contexts_path(self):
        return self.home / ".config" / "plusclouds" / "contexts.yaml"

    def context(self, name=None):
        contexts = yaml.safe_load(self.contexts_path.read_text(encoding="utf-8"))
        return contexts["contexts"][name or contexts["current"]]

    def environment(self, **more):
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8", "TERM": "dumb", **more}

    async def platform(self, *arguments, deadline=START_S, environment=None):
        """Runs plusclouds-platform to its end."""
        return await run_program(
            [os.environ["PLUSCLOUDS_PLATFORM"], *arguments], self.environment(**(environment or {})), deadline=deadline)

    async def add_operator(self, name, role, *options):
        """Adds an operator with `operator add`; its context becomes the current one of plsctl."""
        path = self.instances[0].config_path
        if not path.exists():
            self.instances[0].write()
        end = time.monotonic() + START_S
        while True:
            outcome = await self.platform("operator", "add", name, "--role", role, "--config", str(path), *options)
            # Servers of a new cluster may not accept a stream yet.
            if outcome.code != 69 or time.monotonic() > end:
                break
        assert outcome.code == 0, outcome
        self.add_context(outcome.yaml)
        return outcome

    def add_context(self, text):
        """Adds the output of `operator add` to the contexts."""
        known = yaml.safe_load(self.contexts_path.read_text(encoding="utf-8")) if self.contexts_path.exists() else {}
        known = {"current": text["current"], "contexts": {**known.get("contexts", {}), **text["contexts"]}}
        self.contexts_path.parent.mkdir(parents=True, exist_ok=True)
        self.contexts_path.touch(mode=0o600)
        self.contexts_path.write_text(yaml.safe_dump(known), encoding="utf-8")
        self.secrets += [context["token"] for context in text["contexts"].values()]

    async def operator(self, name="admin"):
        """A connection of the operator of the current context, or of one that was added."""
        context = self.context() if name == "admin" else self.context(name)
        return await self.operator_with(context["operator"], context["token"])

    async def operator_with(self, name, token):
        self.secrets.append(token)
        operator = Operator(name, token)
        self.operators.append(operator)
        end = time.monotonic() + START_S
        while True:
            try:
                # The callout may not be ready yet.
                (await Wire.connect(self.urls[0], name, token)).abandon()
                break
            except (Refused, OSError, asyncio.TimeoutError) as reason:
                assert time.monotonic() < end, f"no operator gets in: {reason}"
                assert self.is_running(), "the platform has ended"
                await asyncio.sleep(0.1)
        return await operator.connect(self.urls)

    def is_running(self):
        """Whether any started instance is running."""
        started = [instance.process for instance in self.instances if instance.process is not None]
        return not started or any(process.running for process in started)

    async def plsctl(self, *arguments, expect=0, deadline=30.0, content=None, **environment):
        """Runs plsctl to its end; `expect` is its exit code, None for any."""
        outcome = await run_program(
            [os.environ["PLSCTL"], *arguments], self.environment(**environment), deadline=deadline, content=content)
        assert expect is None or outcome.code == expect, outcome
        return outcome

    async def as_platform(self, server=None, account="platform"):
        """A client with the platform's own key and all permissions of its account."""
        pair = self.keys[account]
        client = nats.NATS()

        async def error(reason):
            # Outages are what these tests are about; what matters is asserted by them.
            del reason
        client._public_nkey = pair.public  # pylint: disable=protected-access
        await client.connect(
            servers=server.url if server else self.urls, max_reconnect_attempts=-1, reconnect_time_wait=0.05, error_cb=error,
            signature_cb=lambda nonce: base64.b64encode(pair.sign(nonce.encode())))
        self.lab.closing(client.close)
        return client

    async def metrics(self, number=0):
        """The metrics of an instance."""
        return await asyncio.to_thread(prometheus.fetch, self.instances[number].metrics_url)

    # Agents

    async def enrol(self, operator, **params):
        """A new agent's identity, enrolled directly."""
        issued = await operator.call("agents.enroll", **params)
        identity = Identity()
        identity.uuid, identity.key = issued["subject"], issued["token"]
        self.secrets.append(identity.key)
        return identity

    def agent(self, identity, start=True, **changes):
        """A real agent with this identity."""
        changes = {"nats__reconnect_wait": "500ms", "agent__heartbeat_interval": "1s", **changes}
        agent = Agent(self.folder / f"agent{len(self.lab.agents)}", identity)
        self.lab.agents.append(agent)
        agent.write(agent.settings(",".join(self.urls), **changes))
        return agent.start() if start else agent

    async def close(self):
        for operator in self.operators:
            await operator.close()
        problems = []
        for instance in self.instances:
            try:
                await instance.stop()
            except AssertionError as reason:
                problems.append(str(reason))
        return problems + self.leaks()

    def logs(self):
        """The output and logs of the programs."""
        parts = [*self.instances, *self.servers, *self.lab.agents]
        return [part.log_path for part in parts if part.log_path.exists()]

    def leaks(self):
        """The logs that contain a secret."""
        found = []
        for path in self.logs():
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"a secret ({secret[:6]}…) stands in {path.parent.name}/{path.name}"
                      for secret in set(self.secrets) if secret in text]
        return found


class Dev(Fleet):
    """`plusclouds-platform dev`: everything in one process and its child."""

    def __init__(self, lab):
        super().__init__(lab)
        self.data = self.folder / "dev data"
        self.port, self.websocket_port, self.metrics_port = free_port(), free_port(), free_port()
        self.log_path = self.folder / "dev.log"
        self.process = None
        self.ready_s = None

    @property
    def urls(self):
        return [f"nats://127.0.0.1:{self.port}"]

    async def metrics(self, number=0):
        return await asyncio.to_thread(prometheus.fetch, f"http://127.0.0.1:{self.metrics_port}/metrics")

    def logs(self):
        return [*super().logs(), *([self.log_path] if self.log_path.exists() else [])]

    def is_running(self):
        return self.process.running

    def launch(self):
        assert self.process is None or not self.process.running
        environment = self.environment(NATS_SERVER=os.environ["NATS_SERVER"])
        self.process = Process(
            [os.environ["PLUSCLOUDS_PLATFORM"], "dev", "--data", str(self.data), "--port", str(self.port),
             "--websocket-port", str(self.websocket_port), "--metrics", f"127.0.0.1:{self.metrics_port}"],
            self.log_path, environment=environment)

    async def start(self):  # pylint: disable=arguments-differ
        """Starts it, and waits until it reports that it is ready and answers an operator's first request."""
        began = time.monotonic()
        before = self.process.log_text().count("is ready") if self.process else 0
        self.launch()
        await until(lambda: self.process.log_text().count("is ready") > before or not self.process.running,
                    "a platform that is ready", START_S)
        assert self.process.running, self.process.log_text()
        operator = await self.operator()
        await operator.call("platform.status", deadline=START_S)
        self.ready_s = time.monotonic() - began
        return self

    async def stop(self):
        if self.process is not None and self.process.running:
            code = await self.process.stop()
            assert code == 0, f"dev ended with {code} on SIGTERM"

    async def close(self):
        problems = await super().close()
        try:
            await self.stop()
        except AssertionError as reason:
            problems.append(str(reason))
        return problems
