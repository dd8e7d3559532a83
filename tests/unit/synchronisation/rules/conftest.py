"""Generated cases here take microseconds; how long one takes on a busy machine says nothing about the rules."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
