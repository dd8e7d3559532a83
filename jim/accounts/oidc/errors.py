"""What can be wrong with a sign-in.

    OidcError
    ├── TokenError       the token is not good here; 401
    └── ProviderError    the provider cannot be asked, or answers nonsense; 503

A TokenError says why to the log only: its text is for administrators, not for who sent the token.
"""


class OidcError(Exception):
    """Base of both."""


class TokenError(OidcError):
    """Not signed by the provider, expired, for somebody else, or without the claim that says who it is."""


class ProviderError(OidcError):
    """str(error) names the address and what happened there."""
