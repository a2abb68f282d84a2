"""Fixtures of the system tests: boxes, the installed agent, and the acceptance harness's servers and platforms.

    box            a booted machine that all tests share: leave it as it was found
    own_box        a booted machine of this test alone: for reboots and whatever cannot be put back
    boxes          boots machines with options: boxes.boot(Disk("/home")); module_boxes: they live as long as the module
    deb            the package under test
    installed_box  the shared box with the package installed
    agent          the installed agent of that box, stopped, without configuration, state or log
    old_agent      our binary in the shared box under the unit that the Go agent's installations have
    lab            servers and platforms (nats-py), as in the acceptance tests

The usual beginning:  server, platform = await agent.running(agent__allowed_commands=["/usr/bin/id"])
"""

import os
import pathlib
import sys

import pytest

_HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "Acceptance")]

from systembox import Box, what_is_missing  # noqa: E402  (needs the paths above)
from unit_agent import OLD_UNIT, UnitAgent  # noqa: E402

pytest_plugins = ["harness.plugin"]


def pytest_sessionstart():
    missing = what_is_missing()
    if missing:
        must = os.geteuid() == 0 or bool(os.environ.get("CI"))
        pytest.exit(f"system tests {'cannot run' if must else 'skipped'}: {missing}", returncode=int(must))


def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", []))
    if skipped and session.exitstatus == 0:
        reporter.write_line(f"system tests: {skipped} skipped; as root none may be", red=True)
        session.exitstatus = 1


class _Boxes:
    def __init__(self):
        self._booted = []

    def boot(self, *disks, **options):
        """A booted box; it ends with the scope of the factory at the latest."""
        box = Box(*disks, **options)
        self._booted.append(box)
        return box.boot()

    def down(self):
        for box in self._booted:
            box.down()


def _some_boxes():
    boxes = _Boxes()
    try:
        yield boxes
    finally:
        boxes.down()


boxes = pytest.fixture(_some_boxes, name="boxes")
module_boxes = pytest.fixture(_some_boxes, scope="module", name="module_boxes")
session_boxes = pytest.fixture(_some_boxes, scope="session", name="session_boxes")


@pytest.fixture(scope="session")
def box(session_boxes):
    return session_boxes.boot()


@pytest.fixture
def own_box(boxes):
    return boxes.boot()


def _from_environment(name):
    path = os.environ.get(name, "")
    if not os.path.isfile(path):
        pytest.fail(f"{name}={path!r} is no file: run scripts/system-test, which sets it", pytrace=False)
    return path


@pytest.fixture(scope="session")
def deb():
    return _from_environment("PLUSCLOUDS_DEB")


@pytest.fixture(scope="session")
def agent_binary():
    return _from_environment("PLUSCLOUDS_AGENT")


@pytest.fixture(scope="session")
def installed_box(box, deb):
    box.copy_in(deb, "/var/tmp/plusclouds-agent.deb")
    box.run_now("dpkg", "--install", "/var/tmp/plusclouds-agent.deb")
    return box


@pytest.fixture
def agent(installed_box, lab):
    return UnitAgent(installed_box, lab).clean_now()


@pytest.fixture
def old_agent(box, agent_binary, lab):
    if not box.path("/usr/local/bin/old-agent").exists():
        box.copy_in(agent_binary, "/usr/local/bin/old-agent", 0o755)
    agent = UnitAgent(box, lab, unit="old-agent.service", binary="/usr/local/bin/old-agent",
                      config="/etc/plusclouds/old-agent.yaml")
    box.add_unit_now(agent.unit, OLD_UNIT)
    return agent.clean_now()
