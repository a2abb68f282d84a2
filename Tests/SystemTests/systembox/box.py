"""A box: a disposable Linux machine for tests."""

import asyncio
import dataclasses
import itertools
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

from harness.process import Process
from harness.waiting import until

_HERE = pathlib.Path(__file__).parent
_ENVIRONMENT = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8",
                "TERM=dumb", "DEBIAN_FRONTEND=noninteractive"]
# Clock, modules and hardware belong to this machine: removed from systemd and every program inside.
_FORBIDDEN_CAPABILITIES = "-sys_time,-sys_module,-sys_rawio"
_BOOT_DEADLINE_S = 90
_COMMAND_DEADLINE_S = 120
_numbers = itertools.count(1)

# Exit of the box's PID 1, as reported by its keeper.
REBOOTED = 128 + signal.SIGHUP
POWERED_OFF = 128 + signal.SIGINT


@dataclasses.dataclass(frozen=True)
class Disk:
    """A file system of the box: `ext4` (on a loop device, which is a block device like a virtual disk) or `tmpfs`."""

    path: str
    mib: int = 64
    type: str = "ext4"

    @property
    def argument(self):
        return f"{self.type}:{self.mib}:{self.path}"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a program inside ended."""

    arguments: tuple
    code: int
    out: str
    err: str

    @property
    def text(self):
        return self.out + self.err

    def checked(self):
        assert self.code == 0, f"{' '.join(self.arguments)}: exit code {self.code}:\n{self.text[-3000:]}"
        return self


class BoxProcess(Process):
    """A background program inside. `pid` is its id outside."""

    def __init__(self, box, arguments, log_path):
        super().__init__(arguments, log_path, prefix=box.prefix)
        end = time.monotonic() + 20
        while not (children := _children(self.pid)):
            if not self.running or time.monotonic() > end:
                break
            time.sleep(0.005)
        # nsenter waits outside and forwards no signals.
        self.inner_pid = children[0] if children else None

    def send(self, number):
        if self.inner_pid is not None and self.running:
            os.kill(self.inner_pid, number)


def _children(pid):
    try:
        return [int(text) for text in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Box:
    """A Linux machine over a copy-on-write view of this one's root file system.

    It shares this machine's kernel and network, so a server on 127.0.0.1 here is reached from inside. Its processes,
    /dev, /run, /tmp, host name, control groups and boot id are its own, and no service of this machine starts in it.
    Nothing is mounted where others could see it, and all of it ends with `down()`, or with this process.
    """

    def __init__(self, *disks, memory_mib=4096):
        self.disks = disks
        self._memory_mib = memory_mib
        self.name = f"plusclouds-box-{os.getpid()}-{next(_numbers)}"
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="plusclouds-box-"))
        self._keeper = None
        self._complaints = tempfile.TemporaryFile()  # pylint: disable=consider-using-with
        self._pending = b""
        self.pid = None

    # Life cycle

    def boot(self, deadline=_BOOT_DEADLINE_S):
        """Boots, or boots again with the disks of the last boot; returns when the boot is complete."""
        end = time.monotonic() + deadline
        if self._keeper is None:
            self._start_keeper(end)
        assert self.pid is None, "it is running"
        self._keeper.stdin.write(b"boot\n")
        supervisor = int(self._told("booting", end))
        while self.pid is None:
            for child in _children(supervisor):
                for grandchild in _children(child):
                    self.pid = grandchild
            self._until_later(end, "no PID 1")
        while True:
            state = self._state()
            if state in ("running", "degraded"):
                return self
            self._until_later(end, f"systemd is '{state}'")

    def _state(self):
        if self._root_is_ready():
            return self.outcome_now("systemctl", "is-system-running", deadline=20).out.strip()
        return "not started"

    def _root_is_ready(self):
        try:
            return pathlib.Path(f"/proc/{self.pid}/comm").read_text("ascii").strip() == "systemd"
        except OSError:
            return False

    def _until_later(self, end, problem):
        if time.monotonic() > end or self._keeper.poll() is not None or (
                self.pid is not None and not os.path.exists(f"/proc/{self.pid}")):
            reason = self._explanation()
            self.down()
            raise AssertionError(f"the box did not boot: {problem}\n{reason}")
        time.sleep(0.03)

    def _explanation(self):
        self._complaints.seek(0)
        parts = [self._complaints.read().decode(errors="replace")[-2000:]]
        try:
            parts.append(pathlib.Path(f"/proc/{self._keeper.pid}/root{self._folder}/console").read_text("utf-8")[-2000:])
        except OSError:
            pass
        if self._root_is_ready():
            for words in (("systemctl", "list-jobs"), ("journalctl", "-b", "--no-pager", "-n", "40")):
                parts.append(self.outcome_now(*words, deadline=10).text)
        return "\n".join(parts)

    def _start_keeper(self, end):
        self._keeper = subprocess.Popen(  # pylint: disable=consider-using-with
            ["unshare", "--mount", "--propagation", "private", _HERE / "keeper.sh", self._folder, self.name,
             f"{self._memory_mib}m", _FORBIDDEN_CAPABILITIES, *(disk.argument for disk in self.disks)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, bufsize=0,
            start_new_session=True)
        self._told("ready", end)

    def _told(self, word, end):
        """The keeper's message after this word; other lines are skipped."""
        while True:
            line, separator, rest = self._pending.partition(b"\n")
            if separator:
                self._pending = rest
                first, _, what = line.decode().partition(" ")
                if first == word:
                    return what
                assert first != "failed", f"no box: {what}"
                continue
            readable, _, _ = select.select([self._keeper.stdout], [], [], max(0, end - time.monotonic()))
            assert readable, f"the box's keeper did not say '{word}' in time"
            data = os.read(self._keeper.stdout.fileno(), 65536)
            assert data, f"the box's keeper ended:\n{self._explanation()}"
            self._pending += data

    def wait_for_end(self, deadline=60):
        """Waits until PID 1 has ended. Returns REBOOTED or POWERED_OFF."""
        status = int(self._told("ended", time.monotonic() + deadline))
        self.pid = None
        return status

    async def ended(self, deadline=60):
        """`wait_for_end` without blocking."""
        return await asyncio.to_thread(self.wait_for_end, deadline)

    async def boot_again(self):
        """Boots after `ended()` without blocking."""
        await asyncio.to_thread(self.boot)
        return self

    def kill(self):
        """A power cut: everything stops at once, the disks stay unchanged."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait_for_end()

    def down(self):
        """Ends it with all its processes, and removes all its files."""
        if self._keeper is not None:
            self._keeper.stdin.close()
            try:
                self._keeper.wait(30)
            except subprocess.TimeoutExpired:
                self._keeper.kill()
                self._keeper.wait()
            self._keeper.stdout.close()
            self._keeper = None
        self.pid = None
        self._complaints.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # Programs inside

    @property
    def prefix(self):
        """Prefix of a program's arguments that runs it inside, with a minimal environment, in /."""
        return ("nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-C", "-p", "--",
                "setpriv", "--pdeathsig", "KILL", "--bounding-set", _FORBIDDEN_CAPABILITIES, "--", "env", "-i", *_ENVIRONMENT)

    def outcome_now(self, *arguments, deadline=_COMMAND_DEADLINE_S, stdin=None):
        """Runs a program inside to its end. Blocks: for fixtures; a test awaits `outcome`."""
        with subprocess.Popen([*self.prefix, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True) as process:
            try:
                out, err = process.communicate((stdin or "").encode(), timeout=deadline)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return Outcome(arguments, process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def run_now(self, *arguments, **options):
        """`run` for fixtures."""
        return self.outcome_now(*arguments, **options).checked().out

    async def outcome(self, *arguments, deadline=_COMMAND_DEADLINE_S, stdin=None):
        """Runs a program inside. Returns its outcome."""
        process = await asyncio.create_subprocess_exec(
            *self.prefix, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        try:
            out, err = await asyncio.wait_for(process.communicate((stdin or "").encode()), deadline)
        except BaseException as reason:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(reason, TimeoutError | asyncio.TimeoutError):
                raise AssertionError(f"{' '.join(arguments)}: not done within {deadline} s") from reason
            raise
        return Outcome(arguments, process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    async def run(self, *arguments, **options):
        """Runs a program inside that has to succeed. Returns its standard output."""
        return (await self.outcome(*arguments, **options)).checked().out

    async def sh(self, script, **options):
        """`run` for a shell script."""
        return await self.run("bash", "-euo", "pipefail", "-c", script, **options)

    def start(self, *arguments, log_path):
        """Starts a program inside; its output goes to a file of this machine."""
        return BoxProcess(self, arguments, log_path)

    # Files inside

    def path(self, inside):
        """The path of the same file on this machine. Do not follow absolute symbolic links: they lead out of the box."""
        assert inside.startswith("/")
        return pathlib.Path(f"/proc/{self.pid}/root{inside}")

    def read(self, inside):
        return self.path(inside).read_text(encoding="utf-8")

    def write(self, inside, text, mode=0o644):
        """Writes a file, and creates its folders if necessary."""
        target = self.path(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)

    def copy_in(self, source, inside, mode=None):
        """Copies a file of this machine, which need not be on its root file system."""
        target = self.path(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(mode if mode is not None else os.stat(source).st_mode & 0o777)

    # Units inside

    async def unit(self, name, *properties):
        """Properties of a unit, from `systemctl show`."""
        text = await self.run("systemctl", "show", name, *(f"--property={key}" for key in properties))
        return dict(line.partition("=")[::2] for line in text.splitlines())

    async def unit_is(self, name, state, deadline=30):
        """Waits for a unit's ActiveState."""
        async def current():
            return (await self.unit(name, "ActiveState"))["ActiveState"]
        end = time.monotonic() + deadline
        while (found := await current()) != state:
            assert time.monotonic() < end, f"{name} is {found}, not {state}, after {deadline} s"
            await asyncio.sleep(0.05)

    def add_unit_now(self, name, text):
        """Installs a unit file, as an administrator would."""
        self.write(f"/etc/systemd/system/{name}", text)
        self.run_now("systemctl", "daemon-reload")

    async def add_unit(self, name, text):
        await asyncio.to_thread(self.add_unit_now, name, text)

    async def journal(self, *arguments):
        """Lines of the journal of this boot."""
        return (await self.run("journalctl", "-b", "--no-pager", "-o", "cat", *arguments)).splitlines()

    async def file_appears(self, inside, deadline=30):
        await until(self.path(inside).exists, f"{inside} in the box", deadline)
