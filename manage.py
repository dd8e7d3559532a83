#!/usr/bin/env python
"""Django administration, against the servers of the environment or else of the running `jim serve`."""

import os
import sys

from jim import instance

# These read no data, so they also work when nothing runs.
COMMANDS_WITHOUT_DATABASE = frozenset({"check", "makemigrations", "spectacular", "help", "--help", "--version"})


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jim.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if not instance.export_urls(os.environ) and command not in COMMANDS_WITHOUT_DATABASE:
        sys.exit("No running JIM found: run `make run` first, or set DATABASE_URL and REDIS_URL.")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
