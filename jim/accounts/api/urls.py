"""Paths below /api/v1/."""

from django.urls import path

from jim.accounts.api.views import ApiKeyViewSet, AuthConfigView, UserInfoView

urlpatterns = [
    path("apikeys", ApiKeyViewSet.as_view({"get": "list", "post": "create"})),
    path("apikeys/<guid:id>", ApiKeyViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path("auth/config", AuthConfigView.as_view()),
    path("userinfo", UserInfoView.as_view()),
]
