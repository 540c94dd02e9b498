import pytest

from foreign_store import ForeignStore
from testbed import Testbed


@pytest.fixture
def testbed(tmp_path):
    """Our programs, in a folder of their own; all have ended when the test has."""
    with Testbed(tmp_path) as testbed:
        yield testbed


@pytest.fixture
def store():
    """A store on a SignalR server that is not ours. Name it before `testbed`, so that it outlives the agent."""
    with ForeignStore() as store:
        yield store
