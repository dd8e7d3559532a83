"""What the API, the admin and the tasks do with the configuration and the runs. No HTTP in here."""
