"""The package: installation, upgrade, removal, purge, and replacement of the previous agent."""

import os
import re
import shutil
import stat
import subprocess

import pytest

from harness.waiting import until
from packages import old_package, with_version

UNIT = "plusclouds-agent.service"
CONFIG = "/etc/plusclouds/agent.yaml"
FORMER_UNIT = f"/etc/systemd/system/{UNIT}"
WANTED = f"/etc/systemd/system/multi-user.target.wants/{UNIT}"
STATE = "/var/lib/plusclouds"
LOGS = "/var/log/plusclouds"


class Machine:
    """A box and its packages."""

    def __init__(self, box):
        self.box = box

    def clean_now(self):
        self.box.outcome_now("dpkg", "--purge", "plusclouds-agent")
        self.box.run_now("sh", "-c", f"rm -rf /etc/plusclouds {STATE} {LOGS} {FORMER_UNIT}* {WANTED} "
                                     "/usr/local/bin/plusclouds-agent; systemctl daemon-reload")
        self.box.outcome_now("systemctl", "reset-failed", UNIT)
        return self

    async def install(self, deb, *command):
        """Installs by apt. Returns its output."""
        inside = f"/var/tmp/{os.path.basename(deb)}"
        self.box.copy_in(deb, inside)
        command = command or ("apt-get", "install", "-y", "-q", "--no-install-recommends")
        return (await self.box.outcome(*command, inside)).checked().text

    async def unpack(self, deb):
        """Installs by dpkg. Returns its output. Equivalent to `install`, without resolving dependencies, in half the time."""
        return await self.install(deb, "dpkg", "--install")

    async def apt(self, *arguments):
        return await self.box.run("apt-get", "-y", "-q", *arguments)

    async def is_running_from(self, program):
        """Checks that it is active and enabled. Returns its process id."""
        await self.box.unit_is(UNIT, "active")
        assert (await self.box.outcome("systemctl", "is-enabled", UNIT)).out == "enabled\n"
        pid = int((await self.box.unit(UNIT, "MainPID"))["MainPID"])
        assert await self.box.run("readlink", f"/proc/{pid}/exe") == program + "\n"
        return pid

    def mode(self, path):
        return stat.S_IMODE(self.box.path(path).lstat().st_mode)

    def exists(self, path):
        return self.box.path(path).exists() or self.box.path(path).is_symlink()


@pytest.fixture(scope="module")
def module_box(module_boxes):
    return module_boxes.boot()


@pytest.fixture
def machine(module_box):
    return Machine(module_box).clean_now()


def test_lintian_finds_no_error(deb):
    found = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", deb], capture_output=True, text=True,
                           check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_package_depends_on_glibc_alone(deb):
    def field(name):
        return subprocess.run(["dpkg-deb", "-f", deb, name], capture_output=True, text=True, check=True).stdout.strip()
    assert re.fullmatch(r"libc6 \(>= 2\.\d+\)", field("Depends"))
    assert {"systemd", "dbus"} <= set(field("Recommends").split(", "))


def test_manual_and_completions_are_valid(deb, tmp_path):
    subprocess.run(["dpkg-deb", "-x", deb, tmp_path], check=True)
    share = tmp_path / "usr" / "share"
    help_text = subprocess.run([tmp_path / "usr/bin/plusclouds-agent", "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"--[a-z-]+", help_text)) - {"--help", "--version"}
    assert {"--config", "--offline", "--watch"} <= options
    manual = subprocess.run(["gzip", "-dc", share / "man/man8/plusclouds-agent.8.gz"], capture_output=True, text=True,
                            check=True).stdout.replace("\\-", "-")
    assert "@" not in manual
    bash = share / "bash-completion/completions/plusclouds-agent"
    texts = {"manual": manual, "bash": bash.read_text("utf-8"),
             "zsh": (share / "zsh/vendor-completions/_plusclouds-agent").read_text("utf-8")}
    for name, text in texts.items():
        assert all(option in text for option in options), name
    fish = (share / "fish/vendor_completions.d/plusclouds-agent.fish").read_text("utf-8")
    assert all(f"-l {option[2:]}" in fish for option in options)

    def completed(line):
        script = (f"source {bash}; COMP_WORDS=({line!r}); COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
                  "_plusclouds_agent; echo ${COMPREPLY[@]}")
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert completed("plusclouds-agent ch") == ["check"]
    assert completed("plusclouds-agent check --o") == ["--offline"]
    assert completed("plusclouds-agent snapshot --w") == ["--watch"]


async def test_the_agent_is_installed_enabled_and_running(machine, deb):
    await machine.install(deb)
    await machine.is_running_from("/usr/bin/plusclouds-agent")
    unit = await machine.box.unit(UNIT, "Type", "FragmentPath", "WatchdogUSec")
    assert unit["Type"] == "notify" and unit["WatchdogUSec"] not in ("0", "infinity")
    assert unit["FragmentPath"] in (f"/lib/systemd/system/{UNIT}", f"/usr/lib/systemd/system/{UNIT}")
    assert machine.mode(CONFIG) == 0o600
    assert machine.mode(STATE) == 0o700
    assert machine.mode(LOGS) == 0o750
    assert not await machine.box.run("systemctl", "--failed", "--no-legend", "--plain")


async def test_the_installed_configuration_logs_to_its_file_and_the_journal(machine, deb):
    await machine.install(deb)
    pid = await machine.is_running_from("/usr/bin/plusclouds-agent")
    log = f"{LOGS}/agent.log"
    await until(lambda: machine.exists(log) and "waiting for one" in machine.box.read(log), "the log file of the installed configuration")
    assert machine.mode(log) == 0o640
    assert "log file" not in machine.box.read(log)
    await machine.box.run("journalctl", "--sync")
    journal = await machine.box.run("journalctl", "--output=cat", f"_PID={pid}")
    assert "waiting for one" in journal and "can't be written" not in journal
    check = await machine.box.outcome("plusclouds-agent", "check", "--offline")
    assert check.code == 78 and "no identity" in check.out, check
    assert "server: wss://nats.plusclouds.com:443\n" in check.out
    assert "allowed commands: /usr/bin/journalctl, /usr/bin/df, /usr/bin/free\n" in check.out
    assert re.search(r"^operations not allowed: .*vm\.reboot.*vm\.shutdown.*exec", check.out, re.MULTILINE), check


async def test_an_existing_configuration_is_kept(machine, deb):
    machine.box.write(CONFIG, "nats:\n  url: nats://127.0.0.1:1\n", 0o640)
    await machine.unpack(deb)
    await machine.is_running_from("/usr/bin/plusclouds-agent")
    assert machine.box.read(CONFIG) == "nats:\n  url: nats://127.0.0.1:1\n"
    assert machine.mode(CONFIG) == 0o640


async def test_a_bad_configuration_does_not_fail_the_installation(machine, deb):
    machine.box.write(CONFIG, "nats: [\n", 0o600)
    await machine.unpack(deb)
    await machine.box.unit_is(UNIT, "failed")
    assert (await machine.box.unit(UNIT, "ExecMainStatus", "NRestarts")) == {"ExecMainStatus": "78", "NRestarts": "0"}


async def test_an_upgrade_restarts_the_agent_and_keeps_its_files(machine, deb, tmp_path):
    await machine.unpack(deb)
    machine.box.write(CONFIG, "nats:\n  url: nats://127.0.0.1:1\n", 0o600)
    machine.box.write(f"{STATE}/kept", "yes")
    before = await machine.is_running_from("/usr/bin/plusclouds-agent")
    await machine.install(with_version(deb, "1:9.9.9-1", tmp_path))
    assert await wait_for_another(machine, before) != before
    assert machine.box.read(CONFIG) == "nats:\n  url: nats://127.0.0.1:1\n"
    assert machine.box.read(f"{STATE}/kept") == "yes"


async def wait_for_another(machine, before):
    """Waits for the restart, which the package requests without waiting."""
    for _ in range(600):
        jobs = await machine.box.run("systemctl", "list-jobs", "--no-legend")
        pid = int((await machine.box.unit(UNIT, "MainPID"))["MainPID"])
        if not jobs.strip() and pid not in (0, before):
            return await machine.is_running_from("/usr/bin/plusclouds-agent")
    raise AssertionError("it was not restarted")


async def test_an_upgrade_from_a_unit_of_the_agent_completes(machine, deb, tmp_path):
    await machine.unpack(deb)
    before = await machine.is_running_from("/usr/bin/plusclouds-agent")
    new = with_version(deb, "1:9.9.9-1", tmp_path)
    machine.box.copy_in(new, "/var/tmp/new.deb")
    await machine.box.run("systemd-run", "--unit=plusclouds-update.service", "--wait", "--collect",
                          "apt-get", "install", "-y", "/var/tmp/new.deb")
    assert await wait_for_another(machine, before) != before
    assert await machine.box.run("dpkg-query", "-W", "-f=${Status} ${Version}", "plusclouds-agent") == \
        "install ok installed 1:9.9.9-1"


async def test_a_disabled_unit_stays_disabled(machine, deb, tmp_path):
    await machine.unpack(deb)
    await machine.box.run("systemctl", "disable", "--now", UNIT)
    await machine.unpack(with_version(deb, "1:9.9.9-1", tmp_path))
    assert (await machine.box.outcome("systemctl", "is-enabled", UNIT)).out == "disabled\n"
    assert (await machine.box.outcome("systemctl", "is-active", UNIT)).out == "inactive\n"


async def test_a_policy_against_starting_services_is_honoured(machine, deb):
    machine.box.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
    try:
        await machine.unpack(deb)
        assert (await machine.box.outcome("systemctl", "is-active", UNIT)).out == "inactive\n"
        assert (await machine.box.outcome("systemctl", "is-enabled", UNIT)).out == "enabled\n"
    finally:
        machine.box.path("/usr/sbin/policy-rc.d").unlink()


async def test_removal_keeps_and_purge_deletes_the_agents_files(machine, deb):
    await machine.install(deb)
    await machine.is_running_from("/usr/bin/plusclouds-agent")
    machine.box.write(CONFIG, "nats:\n  url: nats://127.0.0.1:1\n", 0o600)
    machine.box.write(f"{STATE}/kept", "yes")
    machine.box.write(f"{LOGS}/agent.log", "{}\n")

    await machine.apt("remove", "plusclouds-agent")
    assert (await machine.box.unit(UNIT, "ActiveState", "LoadState")) == {
        "ActiveState": "inactive", "LoadState": "not-found"}
    for path in (CONFIG, f"{STATE}/kept", f"{LOGS}/agent.log"):
        assert machine.exists(path), path

    await machine.unpack(deb)
    await machine.is_running_from("/usr/bin/plusclouds-agent")
    assert machine.box.read(CONFIG) == "nats:\n  url: nats://127.0.0.1:1\n"

    await machine.apt("purge", "plusclouds-agent")
    for path in ("/etc/plusclouds", STATE, LOGS, WANTED, "/usr/bin/plusclouds-agent"):
        assert not machine.exists(path), path
    assert not await machine.box.run("systemctl", "--failed", "--no-legend", "--plain")

    await machine.unpack(deb)
    await machine.is_running_from("/usr/bin/plusclouds-agent")
    machine.box.write("/etc/plusclouds/of-someone-else", "")
    await machine.box.run("dpkg", "--purge", "plusclouds-agent")
    assert os.listdir(machine.box.path("/etc/plusclouds")) == ["of-someone-else"]


async def old_agent_runs(machine, folder, **options):
    await machine.unpack(old_package(folder, **options))
    machine.box.write(CONFIG, "nats:\n  url: nats://127.0.0.1:1\n", 0o600)
    await machine.is_running_from(os.path.realpath(shutil.which("sleep")))
    assert (await machine.box.unit(UNIT, "FragmentPath"))["FragmentPath"] == FORMER_UNIT


async def taken_over(machine):
    """Checks the result of the replacement, for every old package."""
    await machine.is_running_from("/usr/bin/plusclouds-agent")
    assert (await machine.box.unit(UNIT, "FragmentPath"))["FragmentPath"] != FORMER_UNIT
    assert not machine.exists(FORMER_UNIT)
    assert not machine.exists("/usr/local/bin/plusclouds-agent")
    assert machine.box.path(WANTED).readlink().as_posix().startswith(("/lib/", "/usr/lib/"))
    assert machine.box.read(CONFIG) == "nats:\n  url: nats://127.0.0.1:1\n"
    assert machine.mode(CONFIG) == 0o600
    assert os.listdir(machine.box.path("/etc/plusclouds")) == ["agent.yaml"]
    assert (await machine.box.outcome("pgrep", "-xc", "sleep")).out == "0\n", "the old agent still runs"


@pytest.mark.parametrize("unit,config,prerm", [
    ("conffile", "admin", "quiet"),
    ("conffile", "conffile", "stops and disables"),
    ("conffile", "plain", "stops and disables"),
    ("plain", "admin", "stops and disables"),
    ("plain", "conffile", "quiet"),
    ("plain", "plain", "quiet"),
])
async def test_the_package_replaces_the_previous_agent(machine, deb, tmp_path, unit, config, prerm):
    await old_agent_runs(machine, tmp_path, unit=unit, config=config, prerm=prerm)
    await machine.unpack(deb)
    await taken_over(machine)
    assert not [name for name in os.listdir(machine.box.path("/etc/systemd/system")) if ".dpkg-" in name]


@pytest.mark.parametrize("unit", ["conffile", "plain"])
async def test_a_changed_unit_of_the_old_agent_is_kept_without_effect(machine, deb, tmp_path, unit):
    await old_agent_runs(machine, tmp_path, unit=unit)
    changed = machine.box.read(FORMER_UNIT).replace("Restart=always", "Restart=always\nEnvironment=CHANGED=1")
    machine.box.write(FORMER_UNIT, changed)
    said = await machine.unpack(deb)
    await taken_over(machine)
    assert machine.box.read(f"{FORMER_UNIT}.dpkg-bak") == changed
    assert f"{FORMER_UNIT}.dpkg-bak" in said or f"Preserving user changes to {FORMER_UNIT}" in said


async def test_a_unit_without_a_package_causes_a_message(machine, deb):
    machine.box.write(FORMER_UNIT, "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n")
    assert f"{FORMER_UNIT} is in the way" in await machine.unpack(deb)
