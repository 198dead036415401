"""Every URL of Crosswalk (design §5.3)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from integrations import oauth
from integrations.views import WebhookView

from .health import healthz, metrics, readyz

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("webhooks/<str:vendor>/<str:token>/", WebhookView.as_view(), name="webhook"),
    path("webhooks/<str:vendor>/<str:token>", WebhookView.as_view()),
    path("oauth/<slug:name>/start", admin.site.admin_view(oauth.start), name="oauth-start"),
    path("oauth/<slug:name>/callback", admin.site.admin_view(oauth.callback), name="oauth-callback"),
    path("api/", include("config.api.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
]
