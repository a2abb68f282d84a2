"""system.update in a booted machine, with a repository of generated packages."""

import asyncio
import json
import signal

import pytest

from aptrepo import AptRepository, holding
from harness.waiting import until

_UNIT = "plusclouds-update.service"
# A graceful stop gives commands 10 s before the agent detaches from the update.
_LONG_S = 120

_QUESTION = "Template: p7/colour\nType: string\nDescription: Which colour?\n Whichever you like.\n"
_ASKS = ". /usr/share/debconf/confmodule\ndb_input critical p7/colour || true\ndb_go || true"


@pytest.fixture
def repository(agent):
    repository = AptRepository(agent.box)
    yield repository
    agent.box.outcome_now("systemctl", "kill", "--signal=KILL", _UNIT)
    agent.box.outcome_now("dpkg", "--configure", "-a")
    repository.close()


async def _upgradable(repository, name, **new):
    """Installs a package, and publishes a newer version of it in the repository."""
    repository.add(name, "1.0")
    await repository.install()
    repository.add(name, "2.0", **new)
    await repository.publish()


@pytest.fixture
def third_party(repository):
    """A second, signed source without packages, whose lists the box has fetched."""
    source = AptRepository(repository.box, "third-party")
    yield source
    source.close()


async def _installed(box, name):
    return await box.run("dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}", name)


async def _said(agent, what, name="upgrade.stdout"):
    """Waits until the running update has printed this."""
    def found():
        for folder in (agent.state, "/var/log/plusclouds/.state"):
            path = agent.box.path(f"{folder}/update/{name}")
            if path.exists() and what in path.read_text(encoding="utf-8"):
                return True
        return False
    await until(found, f"'{what}' in {name}", 60)


async def _single_result(platform, command_id, deadline=_LONG_S):
    """The only result of a command on the evt subject."""
    def results():
        return [event.payload for event in platform.all("result") if event.payload["command_id"] == command_id]
    await until(results, f"result of {command_id}", deadline)
    # Another result would have arrived before the answer of this query.
    await platform.answers()
    found = results()
    assert len(found) == 1, found
    return found[0]


async def _ask(platform, params=None, **extra):
    envelope = platform.envelope("system.update", params or {}, extra=extra)
    platform._operations[envelope["id"]] = "system.update"  # pylint: disable=protected-access
    await platform.publish(envelope)
    return envelope["id"]


async def _cancel(platform, command_id):
    assert (await platform.output("agent.cancel", {"command_id": command_id}))["was"] == "running"


async def test_an_update_that_restarts_the_agent_completes(agent, repository):
    box = agent.box
    for number in range(20):
        repository.add(f"p{number}", "1.0", conffiles={"/etc/p5.conf": "one\n"} if number == 5 else None)
    await repository.install()
    box.write("/etc/p5.conf", "changed here\n")
    for number in range(20):
        special = {
            5: {"conffiles": {"/etc/p5.conf": "two\n"}},
            7: {"templates": _QUESTION,
                "scripts": {"config": _ASKS, "postinst": ". /usr/share/debconf/confmodule\ndb_get p7/colour"}},
            9: {"scripts": {"postinst": f"systemctl restart {agent.unit}"}},
        }.get(number, {})
        repository.add(f"p{number}", "2.0", **special)
    await repository.publish()
    _, platform = await agent.running()
    before = await agent.pid()

    result = await _single_result(platform, await _ask(platform))

    assert result["status"] == "completed", json.dumps(result)[-2000:]
    output = result["output"]
    names = sorted(f"p{number}" for number in range(20))
    assert output["upgraded"] == [{"package": name, "from": "1.0", "to": "2.0"} for name in names]
    assert output["reboot_required"] is False
    assert "Setting up p19 (2.0)" in output["upgrade_stdout"]
    assert box.read("/etc/p5.conf") == "changed here\n"
    assert await agent.pid() not in (0, before)
    assert not platform.all("alert")


async def test_an_update_continues_when_the_agent_is_killed(agent, repository):
    await _upgradable(repository, "slow", scripts={"postinst": "echo begun; sleep 5; echo over"})
    _, platform = await agent.running()
    command_id = await _ask(platform)
    await _said(agent, "begun")
    await agent.kill()
    result = await _single_result(platform, command_id)
    assert result["status"] == "completed", result
    assert result["output"]["upgraded"] == [{"package": "slow", "from": "1.0", "to": "2.0"}]
    assert "over" in result["output"]["upgrade_stdout"]
    # The repeated command is answered without running again.
    await platform.publish(platform.envelope("system.update", {}, command_id=command_id))
    again = (await platform.next("result", count=2)).payload
    assert again.pop("replayed") is True
    assert again == result


async def test_an_update_that_ended_without_an_agent_is_answered(agent, repository):
    await _upgradable(repository, "short", scripts={"postinst": "echo begun; sleep 2"})
    _, platform = await agent.running()
    command_id = await _ask(platform)
    await _said(agent, "begun")
    await agent.box.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", agent.unit)
    await agent.box.run("systemctl", "stop", agent.unit)
    await agent.box.unit_is(_UNIT, "inactive")
    await agent.start()
    result = await _single_result(platform, command_id)
    assert result["status"] == "completed", result
    assert len(result["output"]["upgraded"]) == 1


async def test_an_update_is_cancelled_while_it_downloads(agent, repository):
    repository.add("big", "1.0")
    await repository.install()
    repository.add("big", "2.0", size=4 << 20)
    await repository.publish()
    await repository.become_the_only_source(repository.serve(bytes_per_second=100_000))
    _, platform = await agent.running()
    command_id = await _ask(platform)
    await _said(agent, "Need to get")
    await _cancel(platform, command_id)
    result = await _single_result(platform, command_id, deadline=10)
    assert (result["status"], result["code"]) == ("failed", "cancelled"), result
    assert "Need to get" in result["output"]["upgrade_stdout"]
    assert (await agent.box.outcome("pgrep", "-x", "apt-get|http|dpkg")).code == 1
    assert await _installed(agent.box, "big") == "1.0 installed"
    await agent.box.unit_is(_UNIT, "inactive")


async def test_a_time_out_does_not_stop_an_installation(agent, repository):
    await _upgradable(repository, "slow", scripts={"postinst": "echo begun; sleep 8; echo over"})
    _, platform = await agent.running()
    command_id = await _ask(platform, timeout_s=4)
    await _said(agent, "begun")
    result = await _single_result(platform, command_id, deadline=30)
    assert (result["status"], result["code"]) == ("failed", "timed_out"), result
    assert result["output"] == {"still_running": True, "unit": _UNIT}
    second = await platform.command("system.update")
    assert (second["status"], second["code"]) == ("rejected", "busy")
    alert = (await platform.next("alert", deadline=30)).payload
    assert (alert["code"], alert["severity"]) == ("UPDATE_FINISHED", "info")
    assert alert["details"]["command_id"] == command_id
    assert await _installed(agent.box, "slow") == "2.0 installed"
    assert (await platform.command("system.update", deadline=60))["status"] == "completed"


async def test_the_next_agent_reports_the_outcome_of_an_update(agent, repository):
    await _upgradable(repository, "slow", scripts={"postinst": "echo begun; sleep 10; exit 1"})
    _, platform = await agent.running()
    command_id = await _ask(platform)
    await _said(agent, "begun")
    await _cancel(platform, command_id)
    result = await _single_result(platform, command_id, deadline=15)
    assert result["output"] == {"still_running": True, "unit": _UNIT}
    await agent.kill()
    await agent.start()
    alert = (await platform.next("alert", deadline=60)).payload
    assert (alert["code"], alert["severity"]) == ("UPDATE_FAILED", "warning")
    assert alert["details"]["command_id"] == command_id


async def test_the_error_of_a_package_is_reported(agent, repository):
    await _upgradable(repository, "bad", scripts={"postinst": "echo this is no good >&2; exit 3"})
    _, platform = await agent.running()
    result = await platform.command("system.update", deadline=60)
    assert (result["status"], result["code"]) == ("failed", "failed")
    assert "this is no good" in result["output"]["upgrade_stderr"]
    assert "apt-get upgrade failed with exit code 100" in result["message"]
    assert result["output"]["upgraded"] == [{"package": "bad", "from": "1.0", "to": "2.0"}]


async def test_output_of_an_update_is_published_while_it_runs(agent, repository):
    await _upgradable(repository, "slow", scripts={"postinst": "echo begun; sleep 3"})
    _, platform = await agent.running()
    command_id = await _ask(platform, {"stream": True})

    def streamed():
        return "".join(event.payload["data"] for event in platform.all("progress")
                       if event.payload["command_id"] == command_id and event.payload["stream"] == "stdout")
    await until(lambda: "begun" in streamed(), "progress", 60)
    assert not platform.all("result")
    result = await _single_result(platform, command_id)
    output = result["output"]
    assert streamed() == output["update_stdout"] + output["upgrade_stdout"]


async def _become_unusable(source, how):
    """Makes a source fail as sources of vendors do."""
    if how == "label":
        source.sign_now(label="two")
    elif how == "no_release":
        await source.box.run("sh", "-c", f"rm {source.inside}/*Release")
    elif how == "unsigned":
        source.sign_now(key=None)
    elif how == "expired_key":
        source.sign_now(key="expired")
    else:
        source.stop_serving()


async def _update_with_a_bad_source(agent, third_party, how):
    await third_party.publish()
    third_party.sign_now()
    await third_party.become_a_source(third_party.serve(folder=third_party.box.path(third_party.inside))
                                      if how == "unreachable" else None)
    await _become_unusable(third_party, how)
    _, platform = await agent.running()
    return await platform.command("system.update", deadline=60)


@pytest.mark.parametrize("how", ["label", "no_release", "unsigned", "expired_key", "unreachable"])
async def test_one_failing_source_does_not_stop_the_others(agent, repository, third_party, how):
    await _upgradable(repository, "p")
    result = await _update_with_a_bad_source(agent, third_party, how)
    assert result["status"] == "completed", result
    output = result["output"]
    assert output["upgraded"] == [{"package": "p", "from": "1.0", "to": "2.0"}]
    address = agent.box.read(f"/etc/apt/sources.list.d/{third_party.name}.list").split()[2]
    [failed] = output["failed_sources"]
    assert failed["source"] == f"{address} ./"
    reason = {"label": "changed its 'Label' value", "no_release": "Release file", "unsigned": "signed",
              "expired_key": "EXPKEYSIG", "unreachable": "connect"}[how]
    assert reason in failed["reason"], failed
    assert address in result["message"]


@pytest.mark.parametrize("how", ["unreachable", "expired_key"])
async def test_an_update_without_a_reachable_source_fails(agent, repository, third_party, how):
    await _upgradable(repository, "p")
    agent.box.write("/etc/apt/sources.list", "")
    result = await _update_with_a_bad_source(agent, third_party, how)
    assert (result["status"], result["code"]) == ("failed", "failed"), result
    address = agent.box.read(f"/etc/apt/sources.list.d/{third_party.name}.list").split()[2]
    assert address in result["message"]
    assert [failed["source"] for failed in result["output"]["failed_sources"]] == [f"{address} ./"]
    assert result["output"]["upgraded"] == []


async def test_an_update_without_any_source_fails(agent, repository):
    await _upgradable(repository, "p")
    agent.box.write("/etc/apt/sources.list", "")
    _, platform = await agent.running()
    result = await platform.command("system.update", deadline=60)
    assert (result["status"], result["code"]) == ("failed", "failed"), result
    assert "no package source is configured" in result["message"]


async def test_an_unavailable_package_does_not_stop_the_others(agent, repository, third_party):
    await _upgradable(repository, "p")
    third_party.add("b", "1.0")
    await third_party.publish()
    await third_party.become_a_source(third_party.serve(), trusted=True)
    await agent.box.run("apt-get", "install", "-y", "-q", "b")
    third_party.add("b", "2.0")
    await third_party.publish()
    await agent.box.run("apt-get", "update")
    third_party.stop_serving()
    _, platform = await agent.running()
    result = await platform.command("system.update", deadline=60)
    assert result["status"] == "completed", result
    output = result["output"]
    assert output["upgraded"] == [{"package": "p", "from": "1.0", "to": "2.0"}]
    assert output["kept_back"] == ["b"]
    assert len(output["failed_sources"]) == 1
    assert await _installed(agent.box, "b") == "1.0 installed"
    # With nothing else to upgrade, it still fails.
    again = await platform.command("system.update", deadline=60)
    assert (again["status"], again["output"]["kept_back"]) == ("failed", ["b"]), again


async def test_new_dependencies_are_installed_and_kept_packages_are_named(agent, repository):
    for name in ("needs", "held", "stuck"):
        repository.add(name, "1.0")
    await repository.install()
    repository.add("needs", "2.0", depends="fresh")
    repository.add("fresh", "1.0")
    repository.add("held", "2.0")
    repository.add("stuck", "2.0", depends="not-to-be-found")
    await repository.publish()
    await agent.box.run("apt-mark", "hold", "held")
    _, platform = await agent.running()
    result = await platform.command("system.update", deadline=60)
    assert result["status"] == "completed", result
    assert result["output"]["upgraded"] == [{"package": "fresh", "to": "1.0"},
                                            {"package": "needs", "from": "1.0", "to": "2.0"}]
    assert result["output"]["kept_back"] == ["held", "stuck"]
    assert result["output"]["failed_sources"] == []
    assert result["message"] == "kept back: held, stuck"


@pytest.mark.parametrize("lock", ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock",
                                  "/var/cache/apt/archives/lock"])
async def test_an_update_waits_for_a_lock(agent, repository, tmp_path, lock):
    await _upgradable(repository, "p")
    _, platform = await agent.running()
    agent.box.start(*holding(lock, 3), log_path=tmp_path / "holder")
    await until(lambda: "held" in (tmp_path / "holder").read_text(encoding="utf-8"), "the lock", 20)
    result = await platform.command("system.update", deadline=60)
    assert result["status"] == "completed", result
    assert result["duration_ms"] > 2000
    assert len(result["output"]["upgraded"]) == 1


async def test_waiting_for_a_lock_can_be_cancelled(agent, repository, tmp_path):
    await _upgradable(repository, "p")
    _, platform = await agent.running()
    holder = agent.box.start(*holding("/var/lib/dpkg/lock-frontend", 60), log_path=tmp_path / "holder")
    try:
        await until(lambda: "held" in (tmp_path / "holder").read_text(encoding="utf-8"), "the lock", 20)
        command_id = await _ask(platform)
        await agent.box.unit_is(_UNIT, "active")
        await _cancel(platform, command_id)
        result = await _single_result(platform, command_id, deadline=10)
        assert result["code"] == "cancelled"
        assert "still_running" not in result["output"]
    finally:
        holder.send(signal.SIGKILL)
        await until(lambda: not holder.running, "the end of the lock", 20)


async def test_an_interrupted_dpkg_is_repaired(agent, repository):
    box = agent.box
    await _upgradable(repository, "broken", scripts={"postinst": "test ! -e /run/interrupt || kill -9 $PPID"})
    box.write("/run/interrupt", "")
    await box.outcome("sh", "-c", "apt-get update; apt-get -y upgrade")
    await box.run("rm", "/run/interrupt")
    assert await _installed(box, "broken") != "2.0 installed"
    _, platform = await agent.running()
    output = await platform.output("system.update", deadline=60)
    assert "Setting up broken" in output["upgrade_stdout"]
    assert await _installed(box, "broken") == "2.0 installed"


async def test_a_second_update_is_rejected(agent, repository):
    await _upgradable(repository, "slow", scripts={"postinst": "echo begun; sleep 2"})
    _, platform = await agent.running()
    first = await _ask(platform)
    await _said(agent, "begun")
    second = await platform.command("system.update")
    assert (second["status"], second["code"]) == ("rejected", "busy")
    assert (await _single_result(platform, first))["status"] == "completed"


async def test_a_reboot_waits_for_the_update(agent, repository):
    await _upgradable(repository, "slow", scripts={"postinst": "echo begun; sleep 4; echo over"})
    _, platform = await agent.running()
    command_id = await _ask(platform)
    await _said(agent, "begun")
    inhibitors = await agent.box.run("systemd-inhibit", "--list", "--no-legend")
    assert "Packages are being upgraded" in inhibitors
    assert (await _single_result(platform, command_id))["status"] == "completed"


async def test_stopping_the_unit_does_not_interrupt_dpkg(agent, repository):
    await _upgradable(repository, "slow", scripts={"postinst": "echo begun; sleep 4; echo over"})
    _, platform = await agent.running()
    command_id = await _ask(platform)
    await _said(agent, "begun")
    await agent.box.run("systemctl", "stop", "--no-block", _UNIT)
    result = await _single_result(platform, command_id)
    assert result["status"] == "completed", result
    assert await _installed(agent.box, "slow") == "2.0 installed"


async def test_an_update_works_under_the_old_unit(old_agent):
    repository = AptRepository(old_agent.box)
    try:
        await _upgradable(repository, "p")
        _, platform = await old_agent.running()
        output = await platform.output("system.update", deadline=60)
        assert output["upgraded"] == [{"package": "p", "from": "1.0", "to": "2.0"}]
    finally:
        await asyncio.to_thread(repository.close)
