"""Routes of the API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from .views import audit, conflicts, hooks, integrations, mappings, people

router = SimpleRouter()
router.register("connections", integrations.ConnectionViewSet)
router.register("events", integrations.EventViewSet)
router.register("changes", audit.ChangeViewSet)
router.register("people", people.PersonViewSet)
router.register("conflicts", conflicts.ConflictViewSet)
router.register("optouts", audit.OptOutViewSet)
router.register("hooks", hooks.HookViewSet)
router.register("runs", mappings.RunViewSet)
router.register("rules", mappings.RuleViewSet)
router.register("mappings", mappings.MappingViewSet)

urlpatterns = [
    path("v1/", include(router.urls)),
    path("v1/operations/", integrations.OperationsView.as_view(), name="operations"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]
