"""The project: settings, URLs, Celery app, the embedded servers and the `jim` command.

Importing this package starts nothing and imports no Django, so that `jim --help` answers at once.
"""
