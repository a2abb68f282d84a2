"""What a holder of the platform's own keys tries against the audit record."""

import asyncio
import json
import signal

import nats.errors

from .responder import Responder
from .wire import Refused, Wire

DELETE = "$JS.API.STREAM.DELETE.PLS_AUDIT"
PURGE_ACCOUNTS = ["$JS.API.ACCOUNT.PURGE.AUDIT", "$JS.API.ACCOUNT.PURGE.FLEET"]
TARGETS = [DELETE, "$JS.API.STREAM.PURGE.PLS_AUDIT", "pls.record.STREAM.DELETE.PLS_AUDIT",
           "pls.record.STREAM.PURGE.PLS_AUDIT", *PURGE_ACCOUNTS]
# Whatever answers to a request, in the account of the fleet and where the servers are controlled.
SERVICES = ["pls.record.STREAM.INFO.PLS_AUDIT", "pls.record.STREAM.MSG.GET.PLS_AUDIT", "pls.record.DIRECT.GET.PLS_AUDIT",
            "pls.record.STREAM.CREATE.PLS_AUDIT", "pls.record.entry.x", "pls.audit.x", "$JS.API.INFO", "$JS.API.STREAM.NAMES",
            "$SYS.REQ.USER.INFO", "$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.STATZ",
            "$SYS.REQ.SERVER.PING.CONNZ"]
SYSTEM_SERVICES = ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.SERVER.PING.STATZ", "$SYS.REQ.USER.INFO",
                   "$SYS.REQ.ACCOUNT.AUDIT.INFO", "$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.SERVER.NONE.KICK"]


# The name of another account, as servers note it for each other.
FORGED = {"Nats-Request-Info": '{"acc":"AUDIT","svc":"AUDIT"}'}


async def request(client, subject, body=None, headers=None):
    """The answer; nothing where there is none."""
    payload = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        return json.loads((await client.request(subject, payload, timeout=0.5, headers=headers)).data or b"{}")
    except (nats.errors.Error, asyncio.TimeoutError, ValueError):
        return None


async def make(client, name, **configuration):
    """A stream of the attacker's."""
    return await request(client, f"$JS.API.STREAM.CREATE.{name}", {"name": name, "storage": "memory", **configuration})


async def direct(fleet, client, system):
    """Requests, with the body that each needs."""
    bodies = {"STREAM.DELETE": None, "STREAM.PURGE": {}, "STREAM.MSG.DELETE": {"seq": 1}, "STREAM.RESTORE": {},
              "STREAM.LEADER.STEPDOWN": None, "STREAM.SNAPSHOT": {"deliver_subject": DELETE},
              "STREAM.UPDATE": {"name": "PLS_AUDIT", "subjects": ["pls.audit.>"], "max_msgs": 1},
              "STREAM.CREATE": {"name": "PLS_AUDIT", "subjects": ["pls.audit.>"], "max_msgs": 1, "discard": "old"},
              "CONSUMER.CREATE": {"stream_name": "PLS_AUDIT", "config": {"deliver_subject": DELETE}}}
    for each in (client, system):
        for prefix in ("pls.record", "$JS.API"):
            for what, body in bodies.items():
                await request(each, f"{prefix}.{what}.PLS_AUDIT", body)
                await request(each, f"{prefix}.{what}.PLS_AUDIT", body, FORGED)
        for subject in (*PURGE_ACCOUNTS, "$JS.API.META.LEADER.STEPDOWN"):
            await request(each, subject)


async def reflected(fleet, client, system):
    """Requests whose answer is to be the request: on every server, as a server does not hear its own."""
    for server in fleet.servers:
        for key, services in (("platform", SERVICES), ("system", SYSTEM_SERVICES)):
            each = await fleet.as_platform(server, key)
            for service in services:
                for target in [*TARGETS, "$JS.ACK.PLS_AUDIT.c.1.1.1.1.0"]:
                    await each.publish(service, b"", reply=target)
            await each.flush()


async def republished(fleet, client, system):
    """Streams that publish what they store somewhere else, empty messages among it."""
    for number, target in enumerate(TARGETS):
        await make(client, f"A{number}", subjects=[f"attack.{number}"], republish={"src": f"attack.{number}", "dest": target})
        await make(client, f"B{number}", subjects=[f"transformed.{number}"], republish={"src": ">", "dest": ">"},
                   subject_transform={"src": f"transformed.{number}", "dest": target})
        for headers in (None, FORGED):
            await request(client, f"attack.{number}", headers=headers)
            await request(client, f"transformed.{number}", headers=headers)


async def consumed(fleet, client, system):
    """Consumers that deliver to it: messages, status messages, heartbeats, acknowledgements of next messages."""
    await make(client, "EMPTY", subjects=["empty"])
    await request(client, "empty")
    await request(client, "empty", headers=FORGED)
    await request(client, "$JS.API.CONSUMER.DURABLE.CREATE.EMPTY.pull",
                  {"stream_name": "EMPTY", "config": {"durable_name": "pull", "ack_policy": "none"}})
    for number, target in enumerate(TARGETS):
        await request(client, "$JS.API.CONSUMER.CREATE.EMPTY", {"stream_name": "EMPTY", "config": {
            "deliver_subject": target, "idle_heartbeat": 100_000_000, "flow_control": True}})
        await request(client, f"$JS.API.CONSUMER.DURABLE.CREATE.EMPTY.push{number}", {"stream_name": "EMPTY", "config": {
            "durable_name": f"push{number}", "deliver_subject": target, "ack_policy": "none"}})
        for _ in range(3):
            # The last finds nothing: an empty message with a status.
            await client.publish("$JS.API.CONSUMER.MSG.NEXT.EMPTY.pull", b'{"no_wait":true}', reply=target)
    await client.flush()


async def sourced(fleet, client, system):
    """Streams that have the server ask for the record, in other accounts' names too."""
    for number, (api, deliver) in enumerate((("$JS.API", ""), ("pls.record", ""), ("pls.record", DELETE),
                                             ("pls.audit", "pls.audit"), ("$JS.AUDIT.API", DELETE))):
        origin = {"name": "PLS_AUDIT", "external": {"api": api, "deliver": deliver}}
        await make(client, f"S{number}", sources=[origin])
        await make(client, f"M{number}", mirror=origin)
    await make(client, "TIMED", subjects=["timed.>"], allow_msg_schedules=True, allow_msg_ttl=True)
    for target in TARGETS:
        await request(client, "timed.x", b"", {"Nats-Schedule": "@every 1s", "Nats-Schedule-Target": target})
    # One that takes what is meant for the record, and is emptied. While it is there, the platform makes no change.
    await make(client, "ALSO", subjects=["pls.record.entry.>", "pls.audit.>"])
    await request(client, "$JS.API.STREAM.PURGE.ALSO")
    await request(client, "$JS.API.STREAM.DELETE.ALSO")


async def headed(fleet, client, system):
    """Entries with headers by which a publisher has a stream, or a server, do more."""
    for subject in ("pls.record.entry.x", "pls.audit.x"):
        for headers in ({"Nats-Rollup": "all"}, {"Nats-Rollup": "sub"}, {"Nats-TTL": "1s"},
                        {"Nats-Schedule": "@every 1s", "Nats-Schedule-Target": "pls.audit.x"},
                        {"Nats-Marker-Reason": "Purge"}, {"Nats-Batch-Id": "a", "Nats-Batch-Sequence": "1"},
                        *({"Nats-Trace-Dest": target} for target in TARGETS)):
            await request(client, subject, b"", headers)


async def signed(fleet, client, system):
    """Users whom the callout's key puts into the accounts from which the record could be removed."""
    got_in = []
    # Its own answer would come first.
    platform = fleet.instances[0].process
    platform.send(signal.SIGSTOP)
    for account in ("AUDIT", "SYS"):
        responder = Responder(fleet.keys["issuer"], {account: "password"}, lambda name: {}, account)
        subscription = await responder.serve(client)
        try:
            wire = await Wire.connect(fleet.urls[0], account, "password")
            got_in.append(account)
            for target in TARGETS:
                await wire.publish(target)
            await wire.close()
        except Refused as reason:
            print(f"{account}: {reason}")
        await subscription.unsubscribe()
    platform.send(signal.SIGCONT)
    return got_in


WAYS = [direct, reflected, republished, consumed, sourced, headed, signed]
