"""Names of what activities are about: they keep numbers only, and this floor imports none of those above it.

So these models are asked for by label, as a foreign key would name them.
"""

from collections.abc import Collection

from django.apps import apps

ATTRIBUTE_MODELS = {"cs": "Attribute", "mv": "MetaverseAttribute"}
"""By the scope of an item's attribute changes: connector space or metaverse."""


def connected_systems() -> dict[int, str]:
    """{id: name}, by name."""
    systems = apps.get_model("synchronisation", "ConnectedSystem").objects
    return dict(systems.order_by("name").values_list("pk", "name"))


def attributes(scope: str, ids: Collection[int]) -> dict[int, str]:
    """{id: name}, in schema order; attributes that are gone are missing."""
    model = apps.get_model("synchronisation", ATTRIBUTE_MODELS[scope])
    return dict(model.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "name"))
