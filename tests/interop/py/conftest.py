import pytest

from foreign_store import ForeignStore
from testbed import Testbed


@pytest.fixture
def testbed(tmp_path):
    """A testbed in its own folder; all of its programs have ended when the test has."""
    with Testbed(tmp_path) as testbed:
        yield testbed


@pytest.fixture
def store():
    """A store on another project's SignalR server. Request it before `testbed`, so that it outlives the agent."""
    with ForeignStore() as store:
        yield store
