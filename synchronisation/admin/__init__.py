"""Admin pages of synchronisation; importing this registers them."""

from synchronisation.admin import (
    connected_system,
    connector_space,
    metaverse,
    pending_export,
    run_profile,
    schedule,
    sync_rule,
)

__all__ = ["connected_system", "connector_space", "metaverse", "pending_export", "run_profile", "schedule", "sync_rule"]
