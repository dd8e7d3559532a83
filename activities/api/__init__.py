"""Activities, their statistics and execution items over REST."""
