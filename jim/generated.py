"""Secrets and first logins that are generated once and kept in the data folder.

In: a locked data folder and the environment. Out: environment variables for our children.
Always: what the environment gives wins; in production nothing is generated, and a required secret that is missing
is an error naming the variable.
"""

from collections.abc import Callable
from secrets import token_hex, token_urlsafe

from cryptography.fernet import Fernet

from jim import env
from jim.servers.data_folder import DataFolder

API_KEY_PREFIX = "jim_ak_"

GENERATORS: dict[str, Callable[[], str]] = {
    "JIM_SECRET_KEY": lambda: token_urlsafe(50),
    "JIM_ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode("ascii"),
    "JIM_ADMIN_PASSWORD": lambda: token_urlsafe(12),
    "JIM_INFRASTRUCTURE_API_KEY": lambda: API_KEY_PREFIX + token_hex(24),
}
# The other two only create a login at start, which production may do without.
REQUIRED_IN_PRODUCTION = frozenset({"JIM_SECRET_KEY", "JIM_ENCRYPTION_KEYS"})


def generated_environment(folder: DataFolder) -> dict[str, str]:
    """Every variable of GENERATORS that has a value. Raises: VariableError."""
    production = env.is_production()
    values = {}
    for name, generate in GENERATORS.items():
        values[name] = env.secret(name, required=production and name in REQUIRED_IN_PRODUCTION)
        if not values[name] and not production:
            values[name] = folder.secret(name, generate)
    return {name: value for name, value in values.items() if value}
