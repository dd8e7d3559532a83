"""What a service refuses. These belong to the tree of `synchronisation.errors`:

    SynchronisationError
    ├── RefusedError        fields of the request break a rule; 400 VALIDATION_ERROR
    ├── NotPossibleError    the action does not fit the resource as it is now; 400 BAD_REQUEST
    └── AlreadyMemberError  who is to be given a role has it; 409 CONFLICT

Every message is a sentence for the administrator that names the thing and says what to do.
"""

from collections.abc import Mapping, Sequence

from synchronisation.errors import SynchronisationError


class RefusedError(SynchronisationError):
    """fields: path of the field in snake_case ("" is the whole request) -> what is wrong with it.

    A path names nested parts as `sources[0].expression`.
    """

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__(" ".join(message for messages in fields.values() for message in messages))
        self.fields = fields


class NotPossibleError(SynchronisationError):
    """The resource is in no state for this; str(error) says what must change first."""


class AlreadyMemberError(SynchronisationError):
    """Nothing is left to be done; the caller's picture of the role is an old one."""
