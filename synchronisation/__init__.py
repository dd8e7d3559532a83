"""Connected systems, connector space, metaverse, rules and run profiles, and the engine that runs them."""
