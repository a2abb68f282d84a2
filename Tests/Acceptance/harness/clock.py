"""Wrong and unsynchronised clocks for programs."""

import functools
import pathlib
import shutil
import subprocess
import tempfile

import pytest


@functools.cache
def _library():
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="clock-"))
    library = folder / "clock.so"
    source = pathlib.Path(__file__).with_suffix(".c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library


def unsynchronised(agent, offset_s=0):
    """Sets the agent's clock `offset_s` seconds ahead, and unsynchronised, from its next start on."""
    agent.environment["LD_PRELOAD"] = str(_library())
    agent.environment["CLOCK_OFFSET_S"] = str(int(offset_s))
    return agent


class MovableClock:
    """A clock that is some seconds ahead, which can be changed while programs run."""

    def __init__(self, path):
        self.path = path
        self.environment = {"LD_PRELOAD": str(_library()), "CLOCK_OFFSET_FILE": str(path)}

    def set(self, offset_s):
        self.path.write_text(f"{int(offset_s)}\n", encoding="ascii")


def movable(path, offset_s):
    """A clock for the programs that run with its environment."""
    clock = MovableClock(path)
    clock.set(offset_s)
    return clock
