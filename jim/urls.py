"""All URLs: the admin, and the API below `/api/`."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from jim.api import converters
from jim.api.fallback import UnknownPathView
from synchronisation.sign_in import views as sign_in

converters.register()

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/sign-in", sign_in.begin, name="sign-in"),
    path("admin/sign-in/end", sign_in.end, name="sign-in-end"),
    path("admin/", admin.site.urls),
    path("api/", include("jim.api.urls")),
    path("api/v1/", include("jim.accounts.api.urls")),
    path("api/v1/", include("activities.api.urls")),
    path("api/v1/", include("synchronisation.api.urls")),
    re_path(r"^api(/|$)", UnknownPathView.as_view()),
]

handler400 = "jim.api.fallback.bad_request"
handler500 = "jim.api.fallback.server_error"
