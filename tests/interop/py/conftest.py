import pytest

from foreign_store import ForeignStore
from stage import Stage


@pytest.fixture
def stage(tmp_path):
    """Our programs, in a folder of their own; all have ended when the test has."""
    with Stage(tmp_path) as stage:
        yield stage


@pytest.fixture
def store():
    """A store on a SignalR server that is not ours. Name it before `stage`, so that it outlives the agent."""
    with ForeignStore() as store:
        yield store
