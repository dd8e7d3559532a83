"""Base classes of admin pages: read-only ones, and lists of tables that grow without bound."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from jim.admin.keyset import CursorError, Keyset, KeysetPage, read_page
from jim.admin.row_counts import RowCount, row_count
from jim.admin.sections import Section

AFTER, BEFORE = "after", "before"


class ReadOnlyAdmin(ModelAdmin):
    """Shows, and changes nothing: what these tables hold is written by runs and by the API."""

    actions = None
    show_facets = ShowFacets.NEVER  # each facet is a COUNT
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class KeysetChangeList(ChangeList):
    """A list page by key; the cursor is in the URL as `after` or `before`."""

    after: str | None = None
    before: str | None = None
    page: KeysetPage
    row_count: RowCount | None = None

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str] | None = None) -> QuerySet[Any]:
        """Takes the cursor out of the parameters, so that links of filters begin at the first page again."""
        self.after, self.before = self.params.pop(AFTER, None), self.params.pop(BEFORE, None)
        self.filter_params.pop(AFTER, None)
        self.filter_params.pop(BEFORE, None)
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str]:
        """None yet: `read_page` orders, after the search has annotated what it orders by."""
        return []

    def get_results(self, request: HttpRequest) -> None:
        keyset = self.model_admin.get_keyset(request)
        try:
            self.page = read_page(self.queryset, keyset, self.list_per_page, after=self.after, before=self.before)
        except CursorError as exc:
            raise IncorrectLookupParameters(str(exc)) from exc
        self.result_list = self.page.rows
        if not self.has_active_filters and not self.query:
            self.row_count = row_count(self.model)
        self.result_count = self.full_result_count = len(self.page.rows)
        self.show_admin_actions = self.can_show_all = self.multi_page = False
        self.paginator = KeysetPaginator(self.page.rows, self.list_per_page)

    @property
    def previous_url(self) -> str | None:
        return self.page.previous and self.get_query_string({BEFORE: self.page.previous})

    @property
    def next_url(self) -> str | None:
        return self.page.next and self.get_query_string({AFTER: self.page.next})


class SectionsMixin:
    """Shows tables below an object's fields."""

    change_form_outer_after_template = "admin/sections.html"

    def get_sections(self, request: HttpRequest, obj: Any) -> list[Section]:
        return []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["sections"] = self.get_sections(request, obj) if obj is not None else []
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)  # type: ignore[misc]


class KeysetPaginator(Paginator):
    """Only names the template of the page links: the rows of the page are all it knows."""

    template_name = "admin/keyset_pagination.html"


class KeysetAdmin(ReadOnlyAdmin):
    """A read-only list in the order of `keyset`, which the table has an index for."""

    keyset: Keyset
    list_per_page = 50
    show_full_result_count = False

    def get_keyset(self, request: HttpRequest) -> Keyset:
        return self.keyset

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList
