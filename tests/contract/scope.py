"""Which operations of the contract are served: all but those out of scope, which must really be absent.

Each that is served has its call in `walk.py`.
"""

from tests.contract.validation import ContractOperation, operations

OUT_OF_SCOPE = {"listLogEntries", "listLogFiles", "listLogLevels", "listLogServices"}
"""Of priority 3, and of no issue so far."""

SERVED = tuple(o for o in operations() if o.id not in OUT_OF_SCOPE)
ABSENT = tuple(o for o in operations() if o.id in OUT_OF_SCOPE)


def name_of(operation: ContractOperation) -> str:
    """For the ids of parametrised tests."""
    return operation.id
