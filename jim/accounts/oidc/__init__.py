"""OpenID Connect: what a provider publishes, and whether a token is one of its own."""
