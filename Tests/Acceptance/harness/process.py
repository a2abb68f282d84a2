"""A program under test, with its log file; it is always ended."""

import asyncio
import os
import signal
import subprocess

from .waiting import until


class Process:
    """One run of a program, its output in a file."""

    def __init__(self, arguments, log_path, environment=None, prefix=()):
        self.log_path = log_path
        with open(log_path, "ab") as log:
            # In its own session, so that remaining processes can be found and ended.
            self._popen = subprocess.Popen(  # pylint: disable=consider-using-with
                [*prefix, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=environment, start_new_session=True)
        self.pid = self._popen.pid

    @property
    def running(self):
        return self._popen.poll() is None

    @property
    def exit_code(self):
        return self._popen.poll()

    def send(self, number):
        self._popen.send_signal(number)

    def log_text(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    async def ended(self, deadline=20.0):
        """Waits for the exit code."""
        await until(lambda: not self.running, f"end of process {self.pid}", deadline)
        return self.exit_code

    async def stop(self, number=signal.SIGTERM, deadline=20.0):
        """Sends a signal, waits, and returns the exit code; kills the program if it does not end."""
        if self.running:
            self.send(number)
        try:
            return await self.ended(deadline)
        finally:
            self.kill()

    def kill(self):
        """Kills all processes of its session."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        try:
            self._popen.wait(timeout=10)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"process {self.pid} has been killed and does not end") from None

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError(f"process {self.pid} has no resident memory")

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processes_with_argument(argument):
    """The ids of all processes that carry this exact argument."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as cmdline:
                arguments = cmdline.read().split(b"\0")
        except OSError:
            continue
        if any(argument.encode() == word for word in arguments):
            found.append(int(name))
    return found


async def run(*arguments, check=True, **options):
    """Runs a program to its end. Returns its standard output as text."""
    process = await asyncio.create_subprocess_exec(
        *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    out, err = await process.communicate()
    if check:
        assert process.returncode == 0, f"{arguments}: {process.returncode}: {err.decode()}"
    return out.decode()
