"""One URL, one view: store the body, answer."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from .models import Row


@csrf_exempt
def store(request: HttpRequest, rest: str) -> JsonResponse:
    Row.objects.create(body=request.body)
    return JsonResponse({"status": "OK"})


urlpatterns = [path("<path:rest>", store)]
