"""Resource usage of the agent, as a table. Run by scripts/measure; asserts nothing."""

import asyncio
import json
import os
import pathlib
import re
import statistics
import tempfile
import time

from harness.lab import Lab
from harness.waiting import until

# The Go original of this agent, measured on two cores.
BASELINE = {
    "binary": "12.3 MB",
    "resident at 30 s": "12.8 MB",
    "threads": "7",
    "CPU a minute at 30 s": "7 ms",
    "CPU a minute at 1 s": "132 ms",
    "voluntary switches a second, idle": "3",
    "start to capabilities": "6–16 ms",
    "system.memory p50": "0.30 ms",
    "rejected p50": "0.24 ms",
    "exec of true p50": "1.53 ms",
    "system.disk p50": "0.44 ms",
    "system.network p50": "0.41 ms",
    "floor (echo) p50": "0.09 ms",
    "burst of system.memory": "14,700 /s",
}
MINUTE_S = int(os.environ.get("MEASURE_MINUTE_S", "60"))


def row(name, value):
    print(f"  {name:<36}{value:>16}   {BASELINE.get(name, ''):>12}", flush=True)


def status_of(pid, name):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1))


class RawClient:
    """The NATS protocol over one socket: the overhead of a client library would exceed the measured times."""

    def __init__(self, agent_uuid):
        self.command_subject = f"agent.vm.{agent_uuid}.cmd"
        self.uuid = agent_uuid

    async def connect(self, port):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        await self.reader.readline()
        self.writer.write(b'CONNECT {"user":"platform","pass":"platform-password","verbose":false,"protocol":1}\r\n'
                          b"SUB measure.> 1\r\nSUB agent.vm.*.evt 2\r\nPING\r\n")
        while await self.reader.readline() != b"PONG\r\n":
            pass
        return self

    def message(self, number, operation, params):
        inbox = f"measure.{number}"
        body = json.dumps({"v": 1, "id": f"m{number}", "type": "command", "agent_type": "vm",
                           "agent_uuid": self.uuid, "timestamp": int(time.time()), "reply_to": inbox,
                           "payload": {"operation": operation, "params": params}}).encode()
        return b"PUB %s %s %d\r\n%s\r\n" % (self.command_subject.encode(), inbox.encode(), len(body), body)

    async def next(self):
        """The next message as (subject, body)."""
        while True:
            line = await self.reader.readline()
            if line.startswith(b"MSG"):
                words = line.split()
                body = await self.reader.readexactly(int(words[-1]) + 2)
                return words[1].decode(), body[:-2]
            if line.startswith(b"PING"):
                self.writer.write(b"PONG\r\n")

    async def result(self):
        while True:
            subject, body = await self.next()
            if subject.startswith("measure."):
                return body

    async def count_results(self, count):
        """Reads until `count` results have arrived; searches only for their headers, as parsing would be slower than the agent."""
        mark = b"MSG measure."
        rest = b""
        while count > 0:
            data = rest + await self.reader.read(1 << 20)
            count -= data.count(mark)
            # A mark may span two reads; the kept bytes are too short for a whole one.
            rest = data[-(len(mark) - 1):]

    async def round_trips(self, operation, params, count=1000):
        times = []
        for number in range(count + 100):
            data = self.message(number, operation, params)
            began = time.perf_counter()
            self.writer.write(data)
            await self.result()
            times.append(time.perf_counter() - began)
        return statistics.median(times[100:]) * 1000


async def idle(lab, interval, names):
    server = await lab.server()
    agent = lab.agent(server, agent__telemetry_interval=interval, agent__heartbeat_interval="30s")
    await agent.logged("telemetry published")
    pid = agent.process.pid
    # The start is not measured here.
    await asyncio.sleep(2)
    meter = Meter(pid)
    await meter.run(MINUTE_S)
    row(names["cpu"], f"{meter.cpu_ms * 60 / MINUTE_S:.0f} ms")
    if "resident" in names:
        row("voluntary switches a second, idle", f"{meter.switches / MINUTE_S:.1f}")
        row(names["resident"], f"{agent.process.resident_bytes() / 1e6:.1f} MB")
        row("  of it anonymous", f"{status_of(pid, 'RssAnon') * 1024 / 1e6:.1f} MB")
        row("threads", str(status_of(pid, "Threads")))
    await agent.stop()
    await server.stop()


class Meter:
    """Adds up the processor time of all threads of a process, including short-lived ones, in the scheduler's nanoseconds:
    the ticks of /proc/PID/stat are too coarse for an idle daemon."""

    def __init__(self, pid):
        self.pid = pid
        self._first = {}
        self._last = {}
        self.sample(first=True)

    def sample(self, first=False):
        for task in os.listdir(f"/proc/{self.pid}/task"):
            folder = f"/proc/{self.pid}/task/{task}"
            try:
                schedstat = pathlib.Path(folder, "schedstat").read_text(encoding="ascii")
                status = pathlib.Path(folder, "status").read_text(encoding="ascii")
            except (FileNotFoundError, ProcessLookupError):
                continue
            switches = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M).group(1))
            self._last[task] = (int(schedstat.split()[0]) / 1e6, switches)
        if first:
            self._first = dict(self._last)

    async def run(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(0.5, left))
            self.sample()

    def _used(self, part):
        return sum(last[part] - self._first.get(task, (0, 0))[part] for task, last in self._last.items())

    @property
    def cpu_ms(self):
        return self._used(0)

    @property
    def switches(self):
        return self._used(1)


async def starts(lab):
    server = await lab.server()
    client = await RawClient(lab.identity.uuid).connect(server.port)
    times = []
    for _ in range(20):
        agent = lab.new_agent()
        agent.write(agent.settings(server.url))
        began = time.perf_counter()
        agent.start()
        while b'"capabilities"' not in (await client.next())[1]:
            pass
        times.append((time.perf_counter() - began) * 1000)
        await agent.logged("telemetry published")
        await agent.stop()
    row("start to capabilities", f"{statistics.median(times):.1f} ms")
    await server.stop()


async def floor(client, port):
    """The same round trip with a responder that only echoes: the cost of server, sockets and this client."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b'CONNECT {"user":"platform","pass":"platform-password","verbose":false}\r\n'
                 b"SUB floor 1\r\nPING\r\n")
    while await reader.readline() != b"PONG\r\n":
        pass

    async def echo():
        while line := await reader.readline():
            if line.startswith(b"MSG"):
                words = line.split()
                body = await reader.readexactly(int(words[-1]) + 2)
                writer.write(b"PUB %s %s\r\n%s" % (words[3], words[-1], body))
    task = asyncio.create_task(echo())
    subject, client.command_subject = client.command_subject, "floor"
    value = await client.round_trips("system.memory", {})
    client.command_subject = subject
    task.cancel()
    writer.close()
    return value


async def commands(lab):
    server = await lab.server()
    agent = lab.agent(server, agent__allowed_commands=["/bin/true"], log__level="warn")
    client = await RawClient(lab.identity.uuid).connect(server.port)
    await until(lambda: "cid:6" in server.process.log_text(), "the agent's connection")
    await asyncio.sleep(1)
    row("floor (echo) p50", f"{await floor(client, server.port):.2f} ms")
    for name, operation, params in (
        ("system.memory p50", "system.memory", {}), ("rejected p50", "no.such.operation", {}),
        ("system.disk p50", "system.disk", {}), ("system.network p50", "system.network", {}),
        ("exec of true p50", "exec", {"command": "/bin/true"}),
    ):
        row(name, f"{await client.round_trips(operation, params):.2f} ms")

    best = 0
    meter, count = Meter(agent.process.pid), 0
    for _ in range(5):
        data = b"".join(client.message(number, "system.memory", {}) for number in range(2000))
        began = time.perf_counter()
        client.writer.write(data)
        await client.count_results(2000)
        best = max(best, 2000 / (time.perf_counter() - began))
        count += 2000
        meter.sample()
    row("burst of system.memory", f"{best:,.0f} /s")
    row("  CPU a command in it", f"{meter.cpu_ms * 1000 / count:.0f} µs")
    await agent.stop()
    await server.stop()


async def main():
    binary = os.environ["PLUSCLOUDS_AGENT"]
    print(f"  {'':<36}{'this agent':>16}   {'Go original':>12}")
    row("binary", f"{os.path.getsize(binary) / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as folder:
        async with Lab(pathlib.Path(folder)) as lab:
            await starts(lab)
            await commands(lab)
            await idle(lab, "30s", {"cpu": "CPU a minute at 30 s", "resident": "resident at 30 s"})
            await idle(lab, "1s", {"cpu": "CPU a minute at 1 s"})


if __name__ == "__main__":
    asyncio.run(main())
