"""A program on a pseudo-terminal: keys as input, the screen as output."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time

from .waiting import DEADLINE_S

# Longer than plsctl waits for the platform to complete a word.
AGAIN_S = 3.0


class Terminal:
    """One program with its own terminal of 60 lines."""

    def __init__(self, arguments, environment, folder, columns=200):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
        os.set_blocking(self._master, False)
        self._process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["setsid", "--ctty", "--wait", *arguments], stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder)
        os.close(slave)
        self.raw = ""

    def _read(self):
        try:
            while block := os.read(self._master, 65536):
                self.raw += block.decode(errors="replace")
        except BlockingIOError:
            pass
        except OSError:
            # The program has ended.
            pass

    @property
    def screen(self):
        """The output without control sequences, with lines joined that the terminal's width has wrapped."""
        self._read()
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>()][A-Z0-9]?|\x1b\][^\x07]*\x07", "", self.raw)
        return text.replace("\r", "")

    def clear(self):
        """Discards the output so far."""
        self._read()
        self.raw = ""

    def send(self, keys):
        """Presses keys."""
        os.write(self._master, keys.encode())

    async def shows(self, is_there, what, again=None):
        """Waits until the screen matches; presses the keys `again` every few seconds."""
        end, next_press = time.monotonic() + DEADLINE_S, time.monotonic() + AGAIN_S
        while not is_there(self.screen):
            assert time.monotonic() < end, f"not on the screen: {what}\n{self.screen}"
            if again is not None and time.monotonic() > next_press:
                self.send(again)
                next_press = time.monotonic() + AGAIN_S
            await asyncio.sleep(0.05)
        return self.screen

    async def ended(self):
        """Waits for the end. Returns the exit code."""
        end = time.monotonic() + DEADLINE_S
        while self._process.poll() is None:
            self._read()
            assert time.monotonic() < end, f"it does not end\n{self.screen}"
            await asyncio.sleep(0.05)
        self._read()
        return self._process.returncode

    def close(self):
        """Ends the program."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)
