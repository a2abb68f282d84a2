"""The Swift tests that need a real systemd, run inside: each suite in a separate box, as some restart services of others."""

import os
import re

import pytest


@pytest.mark.parametrize("suite", ["RealSystemd", "ServiceRunnerTests", "AutohealSystemdTests"])
async def test_swift_suites_pass_with_a_real_systemd(own_box, suite):
    tests = os.environ.get("PLUSCLOUDS_TESTS", "")
    assert os.path.isfile(tests), f"PLUSCLOUDS_TESTS={tests!r} is no file: run scripts/system-test, which sets it"
    own_box.copy_in(tests, "/var/tmp/tests.xctest", 0o755)
    outcome = await own_box.outcome(
        "env", "PLUSCLOUDS_SYSTEMD_TESTS=1", "/var/tmp/tests.xctest", "--testing-library", "swift-testing", "--filter", suite,
        deadline=170)
    issues = [line for line in outcome.text.splitlines() if "✘" in line or "recorded an issue" in line]
    assert outcome.code == 0, "\n".join(issues) or outcome.text[-4000:]
    count = int(re.search(r"Test run with (\d+) tests?", outcome.text).group(1))
    print(f"{suite}: {count} tests")
    assert count >= 3 and "skipped" not in outcome.text
