"""Account control: the flags of Active Directory's userAccountControl (MS-ADTS 2.2.16).

In: the number of flags, and a flag by its value (2, not "bit 1"). Out: the changed number, or whether
a flag is set. Always: flags that are not named stay as they are.
"""

_ACCOUNT_DISABLE = 2
_NORMAL_ACCOUNT = 512
"""What a user account starts from, so that enabling and disabling work before the account exists."""


def enable_user(flags: int | None) -> int:
    return clear_bit(_NORMAL_ACCOUNT if flags is None else flags, _ACCOUNT_DISABLE)


def disable_user(flags: int | None) -> int:
    return set_bit(_NORMAL_ACCOUNT if flags is None else flags, _ACCOUNT_DISABLE)


def set_bit(flags: int, bit: int) -> int:
    return flags | bit


def clear_bit(flags: int, bit: int) -> int:
    return flags & ~bit


def has_bit(flags: int, bit: int) -> bool:
    """Whether the flag is set; of several added up, whether all are."""
    return flags & bit == bit
