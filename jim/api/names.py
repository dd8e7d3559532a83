"""Names as clients see them: camelCase from our snake_case."""


def camel_case(name: str) -> str:
    """`role_ids` -> `roleIds`; a name without underscores is returned as it is."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)
