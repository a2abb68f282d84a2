"""Runs `async def` tests, each with its own laboratory, and runs the long ones only with --soak."""

import asyncio
import inspect
import signal

import pytest

from .lab import Lab

# Far longer than any test, so that a hanging test fails and not the whole run.
TEST_LIMIT_S = 180
SOAK_LIMIT_S = 3600


def pytest_addoption(parser):
    parser.addoption("--soak", action="store_true", help="run the long tests, and only them")


def pytest_configure(config):
    del config
    # A shell's background job inherits an ignored SIGINT, and so would every program under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    wanted = config.getoption("--soak")
    chosen = [item for item in items if (item.get_closest_marker("soak") is not None) == wanted]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture
def lab(tmp_path):
    """Servers, agents and platforms of one test; all of them end with it."""
    return Lab(tmp_path)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames  # pylint: disable=protected-access
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    limit = SOAK_LIMIT_S if pyfuncitem.get_closest_marker("soak") else TEST_LIMIT_S

    async def run():
        # Also if a test uses it only through another fixture.
        laboratory = pyfuncitem.funcargs.get("lab")
        if laboratory is None:
            await asyncio.wait_for(pyfuncitem.obj(**arguments), limit)
            return
        async with laboratory:
            await asyncio.wait_for(pyfuncitem.obj(**arguments), limit)

    asyncio.run(run())
    return True
