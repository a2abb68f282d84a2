"""The schemas are valid, and as strict as the protocol."""

import copy

import jsonschema
import pytest

from harness import schemas

UUID = "6b1d8f5c-2f0e-4f37-9a51-0c4f2f3f9f10"

SNAPSHOT = {
    "cpu": {"usage_pct": 12.5, "core_count": 1, "load_avg": [0.18, 0.23, 0.09],
            "cores": [{"id": 0, "usage_pct": 12.5}]},
    "memory": {"total_bytes": 4051935232, "used_bytes": 564654080, "usage_pct": 13.9},
    "disks": [{"device": "/dev/xvda2", "mountpoint": "/", "total_bytes": 42156257280, "used_bytes": 7149359104,
               "usage_pct": 17.7, "io": {"read_bytes_per_s": 1048576, "write_bytes_per_s": 524288,
                                         "read_iops": 120, "write_iops": 45, "util_pct": 23.4}}],
    "network": [{"interface": "eth0", "bytes_sent": 95310, "bytes_recv": 1652348, "is_up": True}],
}


@pytest.mark.parametrize("name", schemas.schema_names())
def test_every_schema_is_valid(name):
    jsonschema.Draft202012Validator.check_schema(schemas.schema(name))


def test_a_snapshot_of_the_protocol_is_valid():
    schemas.check("telemetry.json", SNAPSHOT)
    envelope = {"v": 1, "id": "0d8c8a53-7e9a-4a6f-8f3c-0a8f8f1f2b3c", "type": "telemetry", "agent_type": "vm",
                "agent_uuid": UUID, "timestamp": 1748000000, "payload": SNAPSHOT}
    schemas.check("envelope.json", envelope)
    schemas.check("envelope.json", {**envelope, "unknown": True})


@pytest.mark.parametrize("path,value", [
    (["disks"], None),
    (["network"], None),
    (["cpu", "cores"], None),
    (["cpu", "usage_pct"], -0.1),
    (["cpu", "usage_pct"], 100.5),
    (["cpu", "load_avg"], [1, 2]),
    (["memory", "used_bytes"], "1"),
    (["memory", "used_bytes"], 1.5),
    (["disks", 0, "io", "util_pct"], 101),
    (["disks", 0, "io"], None),
    (["disks", 0, "mountpoint"], "home"),
    (["network", 0, "interface"], "lo"),
    (["network", 0, "is_up"], 1),
    (["network", 0, "bytes_sent"], -1),
])
def test_an_invalid_snapshot_is_detected(path, value):
    snapshot = copy.deepcopy(SNAPSHOT)
    place = snapshot
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert schemas.problems("telemetry.json", snapshot)


@pytest.mark.parametrize("result", [
    {"command_id": "1", "status": "done"},
    {"command_id": "1", "status": "failed"},
    {"command_id": "1", "status": "rejected", "message": "", "code": "not_permitted"},
    {"command_id": "1", "status": "rejected", "message": "no", "code": "failed"},
    {"command_id": "1", "status": "rejected", "message": "no", "code": "not_permitted", "output": {}},
    {"command_id": "1", "status": "completed", "output": None},
    {"status": "completed"},
])
def test_an_invalid_result_is_detected(result):
    assert schemas.problems("result.json", result)


def test_exec_commands_require_exec():
    exec_operation = {"operation": "exec", "description": "runs"}
    assert schemas.problems("capabilities.json", {"operations": [exec_operation]})
    assert schemas.problems("capabilities.json", {"operations": [], "exec_commands": []})
    schemas.check("capabilities.json", {"operations": [exec_operation], "exec_commands": ["/usr/bin/true"]})
    schemas.check("capabilities.json", {"operations": []})
