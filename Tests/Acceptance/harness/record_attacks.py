"""Attacks against the audit record by a holder of the platform's own keys."""

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
# Responders to a request, in the account of the fleet and in that which controls the servers.
SERVICES = ["pls.record.STREAM.INFO.PLS_AUDIT", "pls.record.STREAM.MSG.GET.PLS_AUDIT", "pls.record.DIRECT.GET.PLS_AUDIT",
            "pls.record.STREAM.CREATE.PLS_AUDIT", "pls.record.entry.x", "pls.audit.x", "$JS.API.INFO", "$JS.API.STREAM.NAMES",
            "$SYS.REQ.USER.INFO", "$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.STATZ",
            "$SYS.REQ.SERVER.PING.CONNZ"]
SYSTEM_SERVICES = ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.SERVER.PING.STATZ", "$SYS.REQ.USER.INFO",
                   "$SYS.REQ.ACCOUNT.AUDIT.INFO", "$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.SERVER.NONE.KICK"]


# The name of another account, in the form that servers use among each other.
FORGED = {"Nats-Request-Info": '{"acc":"AUDIT","svc":"AUDIT"}'}


async def request(client, subject, body=None, headers=None):
    """The answer, or None."""
    payload = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        return json.loads((await client.request(subject, payload, timeout=0.5, headers=headers)).data or b"{}")
    except (nats.errors.Error, asyncio.TimeoutError, ValueError):
        return None


async def make(client, name, **configuration):
    """A stream of the attacker."""
    return await request(client, f"$JS.API.STREAM.CREATE.{name}", {"name": name, "storage": "memory", **configuration})


async def direct(fleet, client, system):
    """Sends requests, each with its body."""
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
    """Makes the answer of a request the attacking request: on every server, as a server does not receive its own."""
    for server in fleet.servers:
        for key, services in (("platform", SERVICES), ("system", SYSTEM_SERVICES)):
            each = await fleet.as_platform(server, key)
            for service in services:
                for target in [*TARGETS, "$JS.ACK.PLS_AUDIT.c.1.1.1.1.0"]:
                    await each.publish(service, b"", reply=target)
            await each.flush()


async def republished(fleet, client, system):
    """Creates streams that republish their messages to another subject, including empty ones."""
    for number, target in enumerate(TARGETS):
        await make(client, f"A{number}", subjects=[f"attack.{number}"], republish={"src": f"attack.{number}", "dest": target})
        await make(client, f"B{number}", subjects=[f"transformed.{number}"], republish={"src": ">", "dest": ">"},
                   subject_transform={"src": f"transformed.{number}", "dest": target})
        for headers in (None, FORGED):
            await request(client, f"attack.{number}", headers=headers)
            await request(client, f"transformed.{number}", headers=headers)


async def consumed(fleet, client, system):
    """Creates consumers that deliver to the request: messages, status messages, heartbeats, acknowledgements of next messages."""
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
            # The last one has no message: an empty message with a status.
            await client.publish("$JS.API.CONSUMER.MSG.NEXT.EMPTY.pull", b'{"no_wait":true}', reply=target)
    await client.flush()


async def sourced(fleet, client, system):
    """Creates streams that make the server request the record, also in the name of other accounts."""
    for number, (api, deliver) in enumerate((("$JS.API", ""), ("pls.record", ""), ("pls.record", DELETE),
                                             ("pls.audit", "pls.audit"), ("$JS.AUDIT.API", DELETE))):
        origin = {"name": "PLS_AUDIT", "external": {"api": api, "deliver": deliver}}
        await make(client, f"S{number}", sources=[origin])
        await make(client, f"M{number}", mirror=origin)
    await make(client, "TIMED", subjects=["timed.>"], allow_msg_schedules=True, allow_msg_ttl=True)
    for target in TARGETS:
        await request(client, "timed.x", b"", {"Nats-Schedule": "@every 1s", "Nats-Schedule-Target": target})
    # A stream that captures the entries of the record, and is purged. While it exists, the platform makes no change.
    await make(client, "ALSO", subjects=["pls.record.entry.>", "pls.audit.>"])
    await request(client, "$JS.API.STREAM.PURGE.ALSO")
    await request(client, "$JS.API.STREAM.DELETE.ALSO")


async def headed(fleet, client, system):
    """Adds entries with headers that make a stream, or a server, perform further actions."""
    for subject in ("pls.record.entry.x", "pls.audit.x"):
        for headers in ({"Nats-Rollup": "all"}, {"Nats-Rollup": "sub"}, {"Nats-TTL": "1s"},
                        {"Nats-Schedule": "@every 1s", "Nats-Schedule-Target": "pls.audit.x"},
                        {"Nats-Marker-Reason": "Purge"}, {"Nats-Batch-Id": "a", "Nats-Batch-Sequence": "1"},
                        *({"Nats-Trace-Dest": target} for target in TARGETS)):
            await request(client, subject, b"", headers)


async def signed(fleet, client, system):
    """Signs users for the accounts from which the record could be removed, with the callout's key."""
    got_in = []
    # The platform's own answer would arrive first.
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
