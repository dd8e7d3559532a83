"""What goes wrong with one object while rules are applied to it; each is one execution item error type.

ObjectError
├── AmbiguousMatchError              AmbiguousMatch
├── ExistingJoinError                CouldNotJoinDueToExistingJoin
├── UnidentifiedAccountError         UnhandledError
└── FlowError
    ├── ExpressionFailedError        ExpressionFailed
    ├── InvalidFlowError             InvalidAttributeValue
    └── MultiValuedToSingleValuedError  MultiValuedToSingleValued
"""

from typing import ClassVar


class ObjectError(Exception):
    """Skips the object, the run goes on. error_type: as the item shows it.

    projecting: the object was about to be projected.
    """

    error_type: ClassVar[str] = "UnhandledError"
    projecting: bool = False


class AmbiguousMatchError(ObjectError):
    error_type = "AmbiguousMatch"


class ExistingJoinError(ObjectError):
    error_type = "CouldNotJoinDueToExistingJoin"


class UnidentifiedAccountError(ObjectError):
    """An account cannot be provisioned, since the rules give it no external ID."""


class FlowError(ObjectError):
    """A mapping gave no usable value; the message begins with the mapping."""


class ExpressionFailedError(FlowError):
    error_type = "ExpressionFailed"


class InvalidFlowError(FlowError):
    error_type = "InvalidAttributeValue"


class MultiValuedToSingleValuedError(FlowError):
    error_type = "MultiValuedToSingleValued"
