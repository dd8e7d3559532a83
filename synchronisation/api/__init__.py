"""The REST API of synchronisation: below `/api/v1/synchronisation` and `/api/v1/metaverse`.

One package per resource, each with its shapes (`serializers.py`), query parameters (`filtersets.py`) and
operations (`views.py`). Rules of the business are in `synchronisation.services`.
"""
