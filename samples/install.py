"""`make sample`: the sample systems, rules and run profiles in the running JIM, with files to run them on.

In: a running `jim serve` of this data folder. Out: connected systems HR and Directory, ready to be executed.
Always: only the API is used; files that are there already are left as they are.
"""

import sys

from jim import folders
from jim.client import Client, ClientError, connection
from samples import configuration, people
from samples.hr_to_directory import CONFIGURATION, DIRECTORY_COLUMNS, DIRECTORY_FILE, HR_FILE

PEOPLE = 5000


def main() -> int:
    """The exit status."""
    files = folders.connector_files(folders.data_folder())
    try:
        current = connection.current()
        files.mkdir(parents=True, exist_ok=True)
        if not (files / HR_FILE).exists():
            people.write(files / HR_FILE, PEOPLE)
        if not (files / DIRECTORY_FILE).exists():
            (files / DIRECTORY_FILE).write_text(",".join(DIRECTORY_COLUMNS) + "\n", encoding="utf-8")
        with Client(current.url, current.api_key) as client:
            configuration.apply(CONFIGURATION, client)
            for system in client.systems():
                for profile in client.run_profiles(system["id"]):
                    print(f"{system['name']} (id {system['id']}): {profile['name']} (id {profile['id']})")
    except ClientError as exc:
        print(f"The sample was not installed: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
