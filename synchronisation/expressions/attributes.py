"""What an expression may name: attributes by casefolded name.

In: the schema of one object type, from the caller. Out: the key and type behind each name.
Always: look-up is by casefolded name only; `AnyNames` stands in where there is no schema.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.contract import AttributeType


@dataclass(frozen=True, slots=True)
class AttributeInfo:
    """One attribute as an expression sees it.

    key: its key in documents (the attribute id as text). name: as the schema spells it.
    """

    key: str
    name: str
    type: AttributeType = AttributeType.TEXT
    multi_valued: bool = False


AttributeNames = Mapping[str, AttributeInfo]
"""Casefolded attribute name -> attribute."""


class AnyNames(AttributeNames):
    """Takes any name, for trying out an expression on sample data.

    The key of an attribute is its casefolded name. Values are taken as they come, whatever JSON can hold.
    It contains every name and therefore lists none.
    """

    def __getitem__(self, name: str) -> AttributeInfo:
        return AttributeInfo(key=name.casefold(), name=name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
