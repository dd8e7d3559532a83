"""API keys, the caller and sign-in settings over REST."""
