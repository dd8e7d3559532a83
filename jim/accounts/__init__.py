"""Who may call: users, API keys and roles."""
