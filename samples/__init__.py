"""Made-up data and an example configuration: for the demo, the benchmark and anyone who wants to try things out."""
