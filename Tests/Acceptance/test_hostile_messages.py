"""Invalid and extreme messages: no crash, no growth, and an answer to each message that requires one."""

import json
import random
import uuid

from harness.waiting import until

MESSAGES = 10_000
LARGE = 900 * 1024


def hostile(generator, agent_uuid):
    """One message: its bytes, and the id that has to be answered, or None."""
    def valid(**fields):
        command_id = str(uuid.UUID(int=generator.getrandbits(128), version=4))
        return {"v": 1, "id": command_id, "type": "command", "agent_type": "vm", "agent_uuid": agent_uuid,
                "timestamp": 1748000000, "payload": {"operation": "system.memory", "params": {}}, **fields}

    def odd():
        return generator.choice([
            None, True, False, -1, 0, 1.5, 10 ** 400, -(10 ** 400), 1e308, 2 ** 64, "", "x", "\u0000", "\ud7ff",
            "../../etc/passwd", [], {}, [[]], {"": {}}, [None] * 3, "9" * 400])

    def truncated():
        data = json.dumps(valid()).encode()
        return data[:generator.randrange(len(data))], None

    def deep():
        depth = generator.choice([10, 100, 1000, 50_000])
        opening, closing = generator.choice([(b"[", b"]"), (b'{"a":', b"}")])
        head = b'{"v":1,"id":"deep","payload":{"operation":"system.memory","params":{"a":'
        return head + opening * depth + b"1" + (closing * depth + b"}}}" if generator.random() < 0.5 else b""), None

    def wrong_type():
        envelope = valid()
        name = generator.choice(["type", "agent_type", "timestamp", "reply_to", "payload", "extra"])
        envelope[name] = odd()
        if name == "reply_to" and isinstance(envelope[name], str):
            # A valid subject would receive the result, which is not checked here.
            return json.dumps(envelope).encode(), None
        return json.dumps(envelope).encode(), envelope["id"]

    def wrong_payload():
        envelope = valid()
        envelope["payload"][generator.choice(["operation", "params", "timeout_s", "expires_at", "more"])] = odd()
        return json.dumps(envelope).encode(), envelope["id"]

    def wrong_params():
        operation, name = generator.choice([
            ("exec", "command"), ("exec", "args"), ("agent.cancel", "command_id"),
            ("telemetry.set_interval", "interval_s")])
        value = odd()
        if operation == "telemetry.set_interval" and isinstance(value, int) and 0 < value <= 86400:
            value = -value
        return json.dumps(envelope := valid(payload={"operation": operation, "params": {name: value}})).encode(), \
            envelope["id"]

    def wrong_identity():
        envelope = valid()
        envelope[generator.choice(["v", "id", "agent_uuid"])] = odd()
        return json.dumps(envelope).encode(), None

    def not_utf8():
        data = bytearray(json.dumps(valid()).encode())
        for _ in range(generator.randint(1, 8)):
            data[generator.randrange(len(data))] = generator.randrange(128, 256)
        return bytes(data), None

    def noise():
        return generator.randbytes(generator.randrange(300)), None

    def version_two():
        return json.dumps(valid(v=2)).encode(), None

    def escapes():
        text = generator.choice(['"\\ud800"', '"\\u12"', '"\\x41"', '"\\', '"\\udc00\\ud800"', '"\t"', '"\\u0000"'])
        return b'{"v":1,"id":' + text.encode() + b',"payload":{"operation":"system.memory"}}', None

    def numbers():
        text = generator.choice(["01", "1e999999", "-", "1.", ".5", "+1", "0x10", "NaN", "-Infinity", "1" * 5000])
        return b'{"v":' + text.encode() + b',"id":"n","payload":{"operation":"system.memory"}}', None

    def duplicate_keys():
        return b'{"v":1,"v":2,"id":"a","id":"b","payload":{"operation":"x"},"payload":{"operation":5}}', None

    return generator.choice([
        truncated, deep, wrong_type, wrong_payload, wrong_params, wrong_identity, not_utf8, noise, version_two,
        escapes, numbers, duplicate_keys])()


def large(generator, agent_uuid):
    """900 KB in one string, in different places."""
    text = generator.choice(["a", "\\u0000", "\\\\", "ü", "\\n"])
    text *= LARGE // len(text.encode())
    command_id = f"large-{generator.getrandbits(64):x}"
    place = generator.choice([
        '"operation":"%s"', '"operation":"exec","params":{"command":"%s"}', '"operation":"system.memory","more":"%s"',
        '"operation":"exec","params":{"command":"/bin/true","args":["%s"]}',
        '"operation":"agent.cancel","params":{"command_id":"%s"}'])
    return (f'{{"v":1,"id":"{command_id}","agent_uuid":"{agent_uuid}","payload":{{{place % text}}}}}').encode(), \
        command_id


async def test_ten_thousand_hostile_messages_are_survived(lab):
    _, agent, platform = await lab.running(agent__allowed_commands=["/bin/echo"], log__level="error")
    generator = random.Random(20260101)
    expected = set()
    warm = None
    for number in range(MESSAGES):
        make = large if number % 100 == 50 else hostile
        data, command_id = make(generator, lab.identity.uuid)
        if command_id is not None:
            expected.add(command_id)
        await platform.publish(data)
        if number % 250 == 249:
            # Answered after all earlier messages: there is no backlog, and the agent is alive.
            await platform.output("system.memory", deadline=60)
            assert agent.process.running
        if number == MESSAGES // 4:
            warm = agent.process.resident_bytes()
    await platform.output("system.info")

    def answered():
        return {event.payload["command_id"] for event in platform.all("result")}
    await until(lambda: expected <= answered(), "an answer to each that deserves one", 30)
    growth = agent.process.resident_bytes() - warm
    assert growth < 16 << 20, f"grew by {growth} bytes"
    statuses = {event.payload["status"] for event in platform.all("result")}
    assert statuses <= {"completed", "failed", "rejected"}
