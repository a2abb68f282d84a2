"""`plusclouds-platform dev`: one command, and what it keeps."""

import asyncio
import os
import stat
import time

from harness.fleet import Dev
from harness.process import processes_with_argument
from harness.waiting import until

# What the issue asks for, measured on an idle machine with warm files. Two busy cores and a debug build may take longer: the
# figure is printed, the limit only catches what hangs.
WANTED_S, LIMIT_S = 2.0, 20.0


async def test_it_is_ready_at_once_and_keeps_everything(lab):
    dev = Dev(lab)
    await dev.start()
    first_s = dev.ready_s
    operator = dev.operators[-1]
    identity = await dev.enrol(operator, labels={"env": "laptop"})
    agent = dev.agent(identity)
    await agent.connected()
    assert (await operator.run(identity.uuid, "system.info"))["state"] == "completed"
    # WebSocket serves as well as TCP.
    socket = dev.agent(await dev.enrol(operator), nats__connection_type="websocket",
                       nats__websocket_url=f"ws://127.0.0.1:{dev.websocket_port}")
    await socket.connected()
    children = [pid for pid in processes_with_argument(os.environ["NATS_SERVER"]) if parent(pid) == dev.process.pid]
    assert len(children) == 1, "no nats-server of its own"
    await operator.close()
    stopped = time.monotonic()
    await dev.stop()
    stop_s = time.monotonic() - stopped
    assert not alive(children[0]), "the nats-server outlived it"

    times = []
    for _ in range(3):
        since = agent.log_position
        await dev.start()
        times.append(dev.ready_s)
        await agent.connected(since)
        operator = dev.operators[-1]
        agents = await operator.agents()
        assert agents[identity.uuid]["labels"] == {"env": "laptop"}
        assert (await operator.run(identity.uuid, "system.info"))["state"] == "completed"
        await operator.close()
        await dev.stop()
    warm = " ".join(f"{each:.2f}" for each in times)
    print(f"\ndev ready (an operator's first answer) after {first_s:.2f} s with an empty folder, {warm} s with what it kept; "
          f"wanted: {WANTED_S:g} s on an idle machine; it ended {stop_s:.2f} s after SIGTERM; agents and labels were kept")
    assert max(first_s, *times) <= LIMIT_S
    for root, folders, names in os.walk(dev.data):
        for name in names:
            path = os.path.join(root, name)
            if name.endswith((".seed", ".nk")) or name in ("contexts.yaml", "platform.yaml"):
                assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0, path
        del folders
    assert stat.S_IMODE(dev.contexts_path.stat().st_mode) == 0o600


async def test_its_server_dies_with_it(lab):
    dev = Dev(lab)
    await dev.start()
    children = [pid for pid in processes_with_argument(os.environ["NATS_SERVER"]) if parent(pid) == dev.process.pid]
    assert len(children) == 1
    # The process alone, not its session: nobody tells the child.
    os.kill(dev.process.pid, 9)
    await dev.process.ended()
    await until(lambda: not alive(children[0]), "end of the nats-server that lost its parent", 5)
    await dev.start()
    print(f"\nkilled, and ready again after {dev.ready_s:.2f} s")


async def test_two_of_them_do_not_share_a_folder(lab):
    dev = Dev(lab)
    await dev.start()
    second = await dev.platform("dev", "--data", str(dev.data), "--port", "0", deadline=20)
    print("\n" + second.err)
    assert second.code not in (0, None)
    assert str(dev.data) in second.err
    assert dev.process.running
    await asyncio.sleep(0)


def parent(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as status:
            return int(status.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as status:
            return status.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
