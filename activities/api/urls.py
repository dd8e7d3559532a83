"""Paths below /api/v1/."""

from django.urls import path

from activities.api.items import ExecutionItemViewSet
from activities.api.views import ActivityViewSet, ChildActivityViewSet

urlpatterns = [
    path("activities", ActivityViewSet.as_view({"get": "list"})),
    path("activities/<guid:id>", ActivityViewSet.as_view({"get": "retrieve"})),
    path("activities/<guid:id>/stats", ActivityViewSet.as_view({"get": "stats"})),
    path("activities/<guid:id>/items", ExecutionItemViewSet.as_view({"get": "list"})),
    path("activities/<guid:id>/items/<guid:itemId>", ExecutionItemViewSet.as_view({"get": "retrieve"})),
    path("activities/<guid:id>/children", ChildActivityViewSet.as_view({"get": "list"})),
    path("activities/<guid:id>/progress", ActivityViewSet.as_view({"get": "progress"})),
    path("activities/<guid:id>/cancel", ActivityViewSet.as_view({"post": "cancel"})),
]
