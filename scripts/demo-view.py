"""Watches one agent through a nats-server: announces, measurements, and the results of a few commands.

Usage: demo-view.py once|live URL AGENT_UUID WATCHING_FILE      (NATS_PASSWORD: the platform user's password)

`once` prints everything one time and ends; `live` redraws a screen each second until Ctrl-C.
The file WATCHING_FILE is created when the subscriptions stand.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import time
import uuid

import nats

DEADLINE_S = 30


def human(count, suffix="B"):
    value = float(count)
    for unit in ("", "K", "M", "G", "T"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}{suffix}" if unit == "" else f"{value:.1f} {unit}{suffix}"
        value /= 1024
    return f"{value:.1f} P{suffix}"


def duration(seconds):
    days, rest = divmod(int(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    return (f"{days}d " if days else "") + f"{hours:02}:{minutes:02}:{seconds:02}"


class Style:
    """Colours, or none of them."""

    def __init__(self, coloured):
        self.coloured = coloured

    def paint(self, text, code):
        return f"\x1b[{code}m{text}\x1b[0m" if self.coloured else text

    def title(self, text):
        return self.paint(text, "1;36")

    def dim(self, text):
        return self.paint(text, "2")

    def status(self, text):
        return self.paint(text, {"completed": "32", "failed": "31"}.get(text, "33"))

    def bar(self, percent, width):
        filled = max(0, min(width, round(width * percent / 100)))
        code = "32" if percent < 60 else "33" if percent < 85 else "31"
        return "[" + self.paint("█" * filled, code) + self.dim("·" * (width - filled)) + "]"


class Agent:
    """What is known of the agent from the outside."""

    def __init__(self, connection, agent_uuid):
        self.connection = connection
        self.uuid = agent_uuid
        self.capabilities = None
        self.heartbeat = None
        self.snapshots = asyncio.Queue()
        self.events = asyncio.Queue()
        self.results = []

    async def watch(self):
        await self.connection.subscribe(f"agent.vm.{self.uuid}.evt", cb=self.receive)
        await self.connection.flush()

    async def receive(self, message):
        envelope = json.loads(message.data)
        kind, payload = envelope["type"], envelope["payload"]
        if kind == "capabilities":
            self.capabilities = payload
        elif kind == "heartbeat":
            self.heartbeat = payload
        elif kind == "telemetry":
            self.snapshots.put_nowait((envelope["timestamp"], payload))
        self.events.put_nowait((kind, payload))

    async def command(self, operation, **params):
        inbox = self.connection.new_inbox()
        answer = await self.connection.subscribe(inbox, max_msgs=1)
        command_id = str(uuid.uuid4())
        envelope = {
            "v": 1, "id": command_id, "type": "command", "agent_type": "vm", "agent_uuid": self.uuid,
            "timestamp": int(time.time()), "reply_to": inbox,
            "payload": {"operation": operation, "params": params},
        }
        started = time.perf_counter()
        # The same inbox is the message's NATS reply: that is what permits the agent to publish there.
        await self.connection.publish(
            f"agent.vm.{self.uuid}.cmd", json.dumps(envelope).encode(), reply=inbox)
        message = await answer.next_msg(timeout=DEADLINE_S)
        elapsed_ms = (time.perf_counter() - started) * 1000
        if (message.headers or {}).get("Status") == "503":
            raise SystemExit("demo: the agent does not listen for commands")
        result = json.loads(message.data)["payload"]
        shown = operation
        if operation == "exec":
            shown += " " + " ".join([params["command"], *params.get("args", [])])
        self.results.append((time.time(), shown, result, elapsed_ms))
        return result


def draw_snapshot(snapshot, style, width, cores=None):
    cpu, memory = snapshot["cpu"], snapshot["memory"]
    bar_width = max(10, min(40, width - 46))
    load = " ".join(f"{value:.2f}" for value in cpu["load_avg"])
    yield f"{style.title('CPU')}      {style.bar(cpu['usage_pct'], bar_width)} {cpu['usage_pct']:5.1f} %   load {load}"
    for core in cpu["cores"][:cores]:
        yield f"  core {core['id']:<2}{style.bar(core['usage_pct'], bar_width)} {core['usage_pct']:5.1f} %"
    yield (f"{style.title('Memory')}   {style.bar(memory['usage_pct'], bar_width)} {memory['usage_pct']:5.1f} %   "
           f"{human(memory['used_bytes'])} of {human(memory['total_bytes'])}")
    yield style.title("Disks")
    for disk in snapshot["disks"]:
        line = (f"  {disk['device']} on {disk['mountpoint']}: {disk['usage_pct']:.1f} % of "
                f"{human(disk['total_bytes'])}")
        io = disk.get("io")
        if io is None:
            line += style.dim("   (rates come with the second snapshot)")
        else:
            line += (f"   read {human(io['read_bytes_per_s'])}/s ({io['read_iops']}/s)"
                     f"   write {human(io['write_bytes_per_s'])}/s ({io['write_iops']}/s)"
                     f"   busy {io['util_pct']:.0f} %")
        yield line
    if not snapshot["disks"]:
        yield style.dim("  no file system on a block device here")
    yield style.title("Network")
    for interface in snapshot["network"]:
        yield (f"  {interface['interface']} {'up' if interface['is_up'] else 'down'}: "
               f"sent {human(interface['bytes_sent'])}, received {human(interface['bytes_recv'])}")
    if not snapshot["network"]:
        yield style.dim("  no interface but loopback and virtual ones")


def draw_result(entry, style):
    when, shown, result, elapsed_ms = entry
    yield (f"  {time.strftime('%H:%M:%S', time.localtime(when))}  {shown}  →  {style.status(result['status'])}"
           f"  {style.dim(f'{elapsed_ms:.1f} ms')}")
    output = result.get("output")
    if isinstance(output, dict) and "stdout" in output:
        text = " / ".join((output["stdout"] + output.get("stderr", "")).strip().splitlines())
    elif output is not None:
        text = json.dumps(output, ensure_ascii=False)
    else:
        text = result.get("message", "")
    if text:
        yield f"            {text}"


async def next_event(agent, kind, attribute):
    """Waits until the agent has said `kind`."""
    while getattr(agent, attribute) is None:
        try:
            await asyncio.wait_for(agent.events.get(), DEADLINE_S)
        except asyncio.TimeoutError:
            raise SystemExit(f"demo: no {kind} within {DEADLINE_S} s") from None
    return getattr(agent, attribute)


async def next_snapshot(agent):
    try:
        return await asyncio.wait_for(agent.snapshots.get(), DEADLINE_S)
    except asyncio.TimeoutError:
        raise SystemExit(f"demo: no telemetry within {DEADLINE_S} s") from None


async def show_once(agent, style):
    width = shutil.get_terminal_size((110, 40)).columns

    def section(text):
        print(f"\n{style.title('── ' + text)}", flush=True)

    capabilities = await next_event(agent, "capabilities", "capabilities")
    section(f"capabilities: what this agent may be asked ({len(capabilities['operations'])} operations)")
    for operation in capabilities["operations"]:
        names = ", ".join(p["name"] + ("" if p["required"] else "?") for p in operation.get("params", []))
        name = operation["operation"] + (f"({names})" if names else "")
        print(f"  {name:<38} {operation['description']}")
    print("  exec may run: " + ", ".join(
        entry if isinstance(entry, str) else entry["path"] for entry in capabilities.get("exec_commands", [])))

    heartbeat = await next_event(agent, "heartbeat", "heartbeat")
    section("heartbeat")
    print(f"  version {heartbeat['version']}, host up {duration(heartbeat['uptime_s'])}, "
          f"{heartbeat['tasks_queued']} commands waiting")

    with_rates = 0
    for number in range(1, 16):
        timestamp, snapshot = await next_snapshot(agent)
        with_rates += any("io" in disk for disk in snapshot["disks"])
        section(f"telemetry {number}, {time.strftime('%H:%M:%S', time.localtime(timestamp))}")
        for line in draw_snapshot(snapshot, style, width):
            print("  " + line)
        if with_rates >= 2 or (number >= 3 and not snapshot["disks"]):
            break

    section("commands")
    for operation, params, expected in (
        ("system.info", {}, "completed"),
        ("exec", {"command": "/usr/bin/uname", "args": ["-sr"]}, "completed"),
        ("exec", {"command": "/usr/bin/id", "args": ["-u"]}, "rejected"),
        ("vm.reboot", {}, "rejected"),
    ):
        result = await agent.command(operation, **params)
        for line in draw_result(agent.results[-1], style):
            print(line)
        if result["status"] != expected:
            raise SystemExit(f"demo: expected {expected}")
    print()


async def drive(agent):
    """Sends a command every few seconds, so that the live view has results."""
    await next_event(agent, "capabilities", "capabilities")
    commands = (
        ("system.info", {}),
        ("exec", {"command": "/usr/bin/uptime"}),
        ("exec", {"command": "/usr/bin/id", "args": ["-u"]}),
        ("agent.status", {}),
        ("system.memory", {}),
    )
    while True:
        for operation, params in commands:
            await agent.command(operation, **params)
            await asyncio.sleep(3)


async def show_live(agent, style):
    out = sys.stdout
    out.write("\x1b[?1049h\x1b[?25l")
    driver = asyncio.create_task(drive(agent))
    latest = None
    try:
        while True:
            while not agent.snapshots.empty():
                latest = agent.snapshots.get_nowait()
            columns, rows = shutil.get_terminal_size((110, 40))
            lines = [style.title("PlusClouds VM Agent") + f"  {agent.uuid}   "
                     + style.dim(f"{time.strftime('%H:%M:%S')}   Ctrl-C ends the demo")]
            if agent.heartbeat:
                lines.append(f"version {agent.heartbeat['version']}   host up {duration(agent.heartbeat['uptime_s'])}   "
                             f"{len((agent.capabilities or {'operations': []})['operations'])} operations")
            lines.append("")
            if latest:
                lines += draw_snapshot(latest[1], style, columns, cores=max(2, rows - 24))
            else:
                lines.append(style.dim("waiting for the first measurement"))
            lines += ["", style.title("Commands")]
            room = max(1, (rows - len(lines) - 1) // 2)
            for entry in agent.results[-room:]:
                lines += draw_result(entry, style)
            # A line that is wider than the screen is cut by the terminal (no wrap), not by us: it may hold colours.
            out.write("\x1b[?7l\x1b[H" + "".join(f"{line}\x1b[K\r\n" for line in lines[: rows - 1]) + "\x1b[J")
            out.flush()
            if driver.done():
                await driver
            await asyncio.sleep(1)
    finally:
        driver.cancel()
        out.write("\x1b[?7h\x1b[?25h\x1b[?1049l")
        out.flush()


async def main():
    mode, url, agent_uuid, watching = sys.argv[1:]

    async def connection_error(error):
        # The server may end before the view does; what is missing then shows as a deadline that passed.
        del error

    connection = await nats.connect(
        url, user="platform", password=os.environ["NATS_PASSWORD"], name="demo view",
        allow_reconnect=False, error_cb=connection_error)
    agent = Agent(connection, agent_uuid)
    await agent.watch()
    with open(watching, "w", encoding="utf-8"):
        pass
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    show = show_live if mode == "live" else show_once
    view = asyncio.create_task(show(agent, Style(coloured)))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, view.cancel)
    try:
        await view
    except asyncio.CancelledError:
        pass
    finally:
        await connection.close()


asyncio.run(main())
