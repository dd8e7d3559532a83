"""Resources that live inside another: the parent in the path is looked up before anything is read (404 first)."""

from typing import Any

from rest_framework.request import Request

from jim.api.lookup import find_or_404
from jim.api.views import ApiView
from synchronisation.models import ConnectedSystem, SyncRule


class WithinSystem(ApiView):
    """Below `connected-systems/<connectedSystemId>`; `self.system` is that system."""

    system: ConnectedSystem

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        systems = ConnectedSystem.objects.select_related("connector")
        self.system = find_or_404(systems, pk=kwargs["connectedSystemId"])


class WithinRule(ApiView):
    """Below `sync-rules/<syncRuleId>`; `self.rule` is that rule."""

    rule: SyncRule

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        rules = SyncRule.objects.select_related("system", "object_type", "metaverse_object_type")
        self.rule = find_or_404(rules, pk=kwargs["syncRuleId"])
