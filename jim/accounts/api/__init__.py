"""API keys and roles over REST."""
