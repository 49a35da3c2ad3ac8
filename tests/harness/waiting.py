"""The one way in which tests wait for what another process does."""

import time


def wait_for(condition, seconds=20):
    """Until it holds; what it gave."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return result
