"""Texts of agents that could be executed, and names that select targets."""

import asyncio
import json
import os
import pathlib
import shutil

import pytest
import yaml

from harness.announcing import announced, announcing
from harness.fleet import Fleet
from harness.terminal import Terminal

USAGE = 2
VICTIM = "aaaa1111-0000-4000-8000-000000000001"
SHELLS = ("bash", "zsh", "fish")


def hostile_names(mark):
    """Host names that a shell, a completion or a terminal could interpret; executed code creates the file `mark`."""
    return [
        f"w$({{touch,{mark}}})", f"$(touch${{IFS}}{mark})", f"`touch${{IFS}}{mark}`", f"x;touch${{IFS}}{mark}",
        f"'$(touch${{IFS}}{mark})'", f"a\n$(touch${{IFS}}{mark})", f"${{x:-$(touch${{IFS}}{mark})}}", f"(touch {mark})",
        "name:a description", "name\ta description", "--all", "-n", "*", "~root", "under_score", "-web", "web..1",
        "x" * 64, "\x1b]52;c;cm0=\x07", "a\u202eb", "\u009b31m", "a\u200bb",
    ]


def shell_environment(fleet, **more):
    """plsctl on the PATH, under its own name."""
    bin_folder = fleet.folder / "bin"
    if not bin_folder.exists():
        bin_folder.mkdir()
        (bin_folder / "plsctl").symlink_to(pathlib.Path(os.environ["PLSCTL"]).resolve())
    environment = fleet.environment(**more)
    return {**environment, "PATH": f"{bin_folder}:{environment['PATH']}", "TERM": "xterm"}


async def press_tab(fleet, shell, line, *wanted):
    """The screen of a shell at TAB after `line`, once it contains all of `wanted`."""
    script = fleet.folder / f"completion.{shell}"
    script.write_text((await fleet.plsctl("--generate-completion-script", shell)).out, encoding="utf-8")
    environment = shell_environment(fleet)

    def is_there(text):
        return all(word in text for word in wanted)
    arguments, setup = {
        "bash": (["bash", "--norc", "--noprofile", "-i"],
                 f"PS1='ready> '; bind 'set page-completions off'; bind 'set completion-query-items 0'; . {script}"),
        "zsh": (["zsh", "-f", "-i"],
                f"PS1='ready> '; unsetopt automenu; LISTMAX=1000; autoload -U compinit; compinit -D -u; . {script}"),
        "fish": (["fish", "--no-config", "--private", "-i"], f"function fish_prompt; echo 'ready> '; end; . {script}"),
    }[shell]
    terminal = Terminal(arguments, environment, fleet.folder)
    try:
        terminal.send(f"{setup}; echo set'-'up\n")
        await terminal.shows(lambda text: "set-up\n" in text, "a shell that is ready")
        terminal.clear()
        terminal.send(line + ("\t\t" if shell == "bash" else "\t"))
        return await terminal.shows(is_there, f"{wanted}", again="\t")
    finally:
        terminal.close()


@pytest.mark.parametrize("shell", SHELLS)
async def test_completion_never_runs_text_of_an_agent(lab, shell):
    assert shutil.which(shell), f"{shell} is missing: scripts/install-dependencies test"
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    mark = lab.folder / "mark"
    agents = await asyncio.gather(*(announcing(fleet, operator, name) for name in hostile_names(mark)))
    good = await announcing(fleet, operator, "web-1")
    # The same applies to contexts, which come from a file.
    contexts = yaml.safe_load(fleet.contexts_path.read_text(encoding="utf-8"))
    contexts["contexts"][f"c$({{touch,{mark}}})"] = contexts["contexts"]["admin"]
    fleet.contexts_path.write_text(yaml.safe_dump(contexts), encoding="utf-8")
    for line in ("plsctl logs ", "plsctl agents show ", "plsctl events --agent ", "plsctl context use "):
        wanted = ["admin"] if "context" in line else ["web-1"]
        shown = await press_tab(fleet, shell, line, *wanted)
        assert not mark.exists(), f"{shell} ran what an agent announced, at TAB after {line!r}:\n{shown}"
        assert "touch" not in shown and "\x1b" not in shown, shown
        if wanted == ["web-1"]:
            # The uuid replaces an unsafe name; an offered word is complete.
            missing = [agent.uuid for agent in agents if agent.uuid not in shown]
            assert not missing and good.uuid not in shown, f"{missing}\n{shown}"
            assert "description" not in shown and "under_score" not in shown and "--all" not in shown, shown
    print(f"\n{shell}: {len(agents)} hostile host names, none of them offered, nothing ran")


async def test_texts_of_agents_are_escaped_on_a_terminal(lab):
    """Every view of an agent on a terminal: only plsctl's own colours are control sequences."""
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    agents = [await announcing(fleet, operator, name) for name in
              ("\x1b]52;c;cm0=\x07", "a\u202eb", "\u009b31m", "a\u200bb", "a\nb\rc")]
    views = await operator.agents()
    for agent in agents:
        assert views[agent.uuid].get("hostname") is None, views[agent.uuid]
        assert all(0x20 <= ord(char) < 0x7F for char in views[agent.uuid]["announced_hostname"]), views[agent.uuid]
    for arguments in (("agents", "list"), ("agents", "show", agents[0].uuid), ("events", "--type", "capabilities"),
                      ("agents", "list", "-o", "json"), ("events", "-o", "yaml")):
        terminal = Terminal([os.environ["PLSCTL"], *arguments], fleet.environment(), fleet.folder)
        try:
            assert await terminal.ended() == 0, terminal.screen
            foreign = [char for char in terminal.raw if char in "\x07\u009b\u202e\u200b"]
            assert not foreign and "\x1b]" not in terminal.raw, repr(terminal.raw)
        finally:
            terminal.close()


async def test_a_host_name_never_overrides_the_beginning_of_a_uuid(lab):
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    victim = await announcing(fleet, operator, "victim", uuid=VICTIM)
    impostor = await announcing(fleet, operator, VICTIM[:8])
    before = len(await operator.call("audit.list", limit=1000))
    for arguments in (("exec", VICTIM[:8], "--timeout", "3s", "--", "/bin/true"), ("agents", "rotate", VICTIM[:8]),
                      ("agents", "label", VICTIM[:8], "env=prod"), ("agents", "revoke", VICTIM[:8], "--yes"),
                      ("reboot", VICTIM[:8], "--yes"), ("agents", "show", VICTIM[:8])):
        outcome = await fleet.plsctl(*arguments, expect=None)
        assert outcome.code == USAGE and outcome.out == "", outcome
        # The message has enough information to select the agent.
        assert f"{victim.uuid} (victim)" in outcome.err and f"{impostor.uuid} ({VICTIM[:8]})" in outcome.err, outcome
    assert await operator.call("commands.list") == [] and impostor.commands == [] and victim.commands == []
    assert len(await operator.call("audit.list", limit=1000)) == before
    # A complete uuid refers to that agent only; an unknown uuid matches none.
    await impostor.announce(VICTIM, version="9.9.10")
    await announced(operator, impostor.uuid, version="9.9.10")
    await fleet.plsctl("agents", "label", VICTIM, "env=prod")
    assert (await operator.agents())[VICTIM]["labels"] == {"env": "prod"}
    stranger = "bbbb1111-0000-4000-8000-000000000001"
    await impostor.announce(stranger, version="9.9.11")
    await announced(operator, impostor.uuid, version="9.9.11")
    assert (await fleet.plsctl("agents", "revoke", stranger, "--yes", expect=None)).code == 3


async def test_the_resolved_uuid_is_shown_and_recorded(lab):
    """The uuid replaces the typed reference, and remains the target while the prompt is open."""
    fleet = await Fleet(lab).start()
    operator = await fleet.operator()
    first = await announcing(fleet, operator, "web-1")
    second = await announcing(fleet, operator, "db-1")
    terminal = Terminal([os.environ["PLSCTL"], "agents", "revoke", "WEB-1"], fleet.environment(), fleet.folder)
    try:
        screen = await terminal.shows(lambda text: "[y/N]" in text, "a question")
        assert f"{first.uuid} (web-1)" in screen, screen
        # Another agent takes the name.
        await first.announce("db-9", version="9.9.10")
        await second.announce("web-1", version="9.9.10")
        for agent in (first, second):
            await announced(operator, agent.uuid, version="9.9.10")
        terminal.send("y\n")
        assert await terminal.ended() == 0, terminal.screen
        assert f"{first.uuid} (web-1) is revoked" in terminal.screen, terminal.screen
    finally:
        terminal.close()
    states = await operator.agents()
    assert states[first.uuid]["status"] == "revoked" and states[second.uuid]["status"] == "alive"
    outcome = await fleet.plsctl("exec", "Web-1", "--no-wait", "--", "/bin/true")
    assert f"{second.uuid} (web-1)" in outcome.err, outcome
    await fleet.plsctl("agents", "label", "web-1", "env=prod")
    entries = await operator.call("audit.list", limit=20)
    found = {entry["action"]: entry for entry in entries}
    assert found["agents.revoke"]["object"] == first.uuid and found["agents.label"]["object"] == second.uuid
    assert found["agents.label"]["details"]["hostname"] == "web-1"
    assert found["commands.submit"]["details"]["agent"] == second.uuid
    assert found["commands.submit"]["details"]["hostname"] == "web-1"
    assert "Web-1" not in json.dumps(entries) and "WEB-1" not in json.dumps(entries)
    outcome = await fleet.plsctl("run", "--selector", "hostname=web-*", "--yes", "--timeout", "1s", "system.info", expect=None)
    assert f"{second.uuid} (web-1)" in outcome.err, outcome
