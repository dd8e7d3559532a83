"""For tests of connectors and of what uses them: a connector without a store outside, and the conformance suite.

`conformance` needs pytest, so it is imported by its own name.
"""

from connectors.testing.in_memory import InMemoryConnector, InMemoryStore

__all__ = ["InMemoryConnector", "InMemoryStore"]
