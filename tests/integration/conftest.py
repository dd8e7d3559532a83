"""What integration tests share: the superuser behind pytest-django's `admin_client`."""

import pytest
from django.contrib.auth.models import User


@pytest.fixture
def admin_user(db: None) -> User:
    """Without a password, since hashing one takes a second; `admin_client` signs in without it."""
    return User.objects.create_superuser("admin")
