"""The engine: what a run does, page by page. `run.py` reads like the diagram in docs/architecture.md."""
