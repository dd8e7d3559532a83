"""Paths below /api/ that belong to no app."""

from django.urls import path

from jim.api.openapi import OpenApiDocumentView
from jim.api.reference import ReferenceView
from jim.api.system import HealthView, LivenessView, ReadinessView, VersionView

urlpatterns = [
    path("openapi/v1.json", OpenApiDocumentView.as_view(), name="openapi"),
    path("reference", ReferenceView.as_view()),
    path("v1/health", HealthView.as_view()),
    path("v1/health/ready", ReadinessView.as_view()),
    path("v1/health/live", LivenessView.as_view()),
    path("v1/health/version", VersionView.as_view()),
]
