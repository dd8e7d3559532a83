"""The servers of one machine: embedded PostgreSQL and Valkey, and the supervisor of `jim serve`.

Knows neither Django nor the other apps: what it hands on are URLs in the environment of its children.
"""
