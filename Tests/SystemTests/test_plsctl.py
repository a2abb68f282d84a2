"""plsctl, the platform and the installed agent together, on a machine with systemd."""

import asyncio
import json

from aptrepo import AptRepository
from harness.fleet import Fleet
from systembox.box import REBOOTED
from unit_agent import UnitAgent

UNIT = "t-web.service"
TEXT = """\
[Service]
ExecStart=/bin/sh -c 'echo hello from the unit; exec sleep infinity'
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target
"""


async def enrolled(boxes, deb, lab):
    """A separate machine with the package, enrolled with a platform."""
    box = boxes.boot()
    box.copy_in(deb, "/var/tmp/plusclouds-agent.deb")
    box.run_now("apt-get", "install", "-y", "-q", "--no-install-recommends", "/var/tmp/plusclouds-agent.deb")
    agent = UnitAgent(box, lab).clean_now()
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    agent.identity = await fleet.enrol(operator, labels={"env": "test"})
    settings = agent.settings(",".join(fleet.urls), agent__heartbeat_interval="1s", agent__allowed_commands=["/bin/sh"],
                              nats__reconnect_wait="500ms")
    await asyncio.to_thread(agent.write, settings)
    await agent.start()
    await operator.alive(agent.identity.uuid)
    return box, agent, fleet


async def test_plsctl_manages_a_machine(boxes, deb, lab):
    box, agent, fleet = await enrolled(boxes, deb, lab)
    name = agent.identity.uuid
    box.write(f"/etc/systemd/system/{UNIT}", TEXT)
    await box.run("systemctl", "daemon-reload")

    async def state(*properties):
        return tuple((await box.unit(UNIT, *properties)).values())

    await fleet.plsctl("services", "start", name, "t-web")
    assert await state("ActiveState") == ("active",)
    shown = (await fleet.plsctl("services", "get", name, "t-web", "-o", "json")).json
    assert (await state("MainPID"))[0] in json.dumps(shown), shown
    assert "t-web" in (await fleet.plsctl("services", "list", name)).out
    for verb, result in (("enable", "enabled"), ("disable", "disabled")):
        await fleet.plsctl("services", verb, name, "t-web")
        assert await state("UnitFileState") == (result,)
    await fleet.plsctl("services", "reload", name, "t-web")
    before = await state("MainPID")
    await fleet.plsctl("run", "--selector", "env=test", "--yes", "services.restart", "name=t-web")
    assert await state("ActiveState") == ("active",) and await state("MainPID") != before
    assert (await fleet.plsctl("logs", name, "t-web", "--lines", "50")).out.count("hello from the unit") == 2
    await fleet.plsctl("services", "stop", name, "t-web")
    assert await state("ActiveState") == ("inactive",)
    await fleet.plsctl("services", "stop", name, "debug-shell", expect=4)


async def test_plsctl_updates_and_reboots_a_machine(boxes, deb, lab):
    box, agent, fleet = await enrolled(boxes, deb, lab)
    name = agent.identity.uuid
    repository = AptRepository(box)
    try:
        repository.add("tool", "1.0")
        await repository.install()
        repository.add("tool", "2.0")
        await repository.publish()
        outcome = await fleet.plsctl("update", name, "-o", "json", deadline=120)
        assert "tool" in outcome.out, outcome
        assert await box.run("dpkg-query", "-W", "-f", "${Version}", "tool") == "2.0"
    finally:
        repository.close()
    await fleet.plsctl("reboot", name, "--yes")
    assert await box.ended() == REBOOTED
    # The command waits for the machine.
    late = asyncio.create_task(fleet.plsctl("exec", name, "--", "/bin/sh", "-c", "echo back >> /root/mark; cat /root/mark",
                                            deadline=120))
    await box.boot_again()
    assert (await late).out == "back\n"
    events = (await fleet.plsctl("events", "--agent", name, "-o", "json")).out
    assert events.count("REBOOT_COMPLETED") == 1, events
