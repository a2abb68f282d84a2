"""Makes the harness of this folder known to its tests."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

pytest_plugins = ["harness.plugin"]
