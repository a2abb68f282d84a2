"""A uuid is case-insensitive (RFC 9562, section 4) in every place."""

import asyncio
import json
import uuid

import pytest

from harness.agent import Identity
from harness.fleet import Fleet, run_program
from harness.waiting import DEADLINE_S


async def _enrolled(fleet, operator):
    """An identity that was enrolled in capitals, as dmidecode prints it, and is configured in capitals."""
    capitals = str(uuid.uuid4()).upper()
    issued = await operator.call("agents.enroll", uuid=capitals)
    assert issued["subject"] == capitals.lower()
    identity = Identity()
    identity.uuid, identity.key = capitals, issued["token"]
    fleet.secrets.append(identity.key)
    return identity


@pytest.mark.parametrize("place", ["file", "environment", "drive"])
async def test_a_uuid_in_capitals_identifies_the_agent(lab, place):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    identity = await _enrolled(fleet, operator)
    agent = fleet.agent(identity, start=False, agent__allowed_commands=["/usr/bin/true"])
    settings = json.loads(agent.config_path.read_text(encoding="utf-8"))
    if place != "file":
        del settings["nats"]["agent_uuid"]
    if place == "environment":
        agent.environment["PLUSCLOUDS_AGENT_NATS_AGENT_UUID"] = f" {identity.uuid} "
    if place == "drive":
        drive = agent.folder / "drive"
        drive.mkdir()
        (drive / "metadata.yaml").write_text(f"virtual_machine_id: {identity.uuid}\n", encoding="utf-8")
        settings["iso"]["mount_path"] = str(drive)
    agent.write(settings)
    checked = await run_program([agent.binary, "check", "--config", str(agent.config_path)], agent.environment)
    assert checked.code == 0, checked
    assert f"identity: {identity.uuid.lower()}" in checked.out, checked
    assert f"must name {identity.uuid.lower()}" in checked.out, checked
    agent.start()
    await agent.connected()
    async with asyncio.timeout(DEADLINE_S):
        while not (await operator.agents())[identity.uuid.lower()]["is_alive"]:
            await asyncio.sleep(0.1)
    outcome = await fleet.plsctl("exec", identity.uuid, "--", "/usr/bin/true")
    assert outcome.code == 0
    assert (await fleet.plsctl("agents", "show", identity.uuid)).code == 0


@pytest.mark.parametrize("form", ["{{{}}}", "urn:uuid:{}"])
async def test_other_forms_of_a_uuid_are_rejected_with_the_canonical_one(lab, form):
    agent = lab.new_agent()
    agent.write(agent.settings("nats://127.0.0.1:1", nats__agent_uuid=form.format(agent.identity.uuid.upper())))
    checked = await run_program(
        [agent.binary, "check", "--offline", "--config", str(agent.config_path)], agent.environment)
    assert checked.code == 78, checked
    assert f"write it as {agent.identity.uuid}" in checked.out + checked.err, checked
