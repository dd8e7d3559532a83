"""Predefined searches: metaverse objects of one type, with the attributes that their list shows."""

from django.db import models
from django.db.models.functions import Lower

from .metaverse import MetaverseAttribute, MetaverseObjectType


class PredefinedSearch(models.Model):
    """uri: the name it is called by in paths."""

    name = models.CharField(max_length=200)
    uri = models.CharField(max_length=200)
    is_enabled = models.BooleanField(default=True)
    built_in = models.BooleanField(default=False)
    is_default_for_metaverse_object_type = models.BooleanField(default=False)
    metaverse_object_type = models.ForeignKey(MetaverseObjectType, on_delete=models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "predefined_search"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(Lower("uri"), name="predefined_search_uri")]

    def __str__(self) -> str:
        return self.name


class PredefinedSearchAttribute(models.Model):
    search = models.ForeignKey(PredefinedSearch, on_delete=models.CASCADE, related_name="columns")
    attribute = models.ForeignKey(MetaverseAttribute, on_delete=models.CASCADE, related_name="+")
    position = models.IntegerField()

    class Meta:
        db_table = "predefined_search_attribute"
        ordering = ["position"]
        constraints = [models.UniqueConstraint("search", "attribute", name="predefined_search_attribute_once")]
