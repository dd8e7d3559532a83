"""Activities and their execution items: what ran, and what happened to each object in it."""
