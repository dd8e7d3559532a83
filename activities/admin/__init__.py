"""Admin pages of activities and their items; importing this registers them."""

from activities.admin import activity

__all__ = ["activity"]
