"""API keys and users. Keys are made through the API, which shows a new one once; here they are switched on and off."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from activities.admin.initiators import initiator_of
from activities.models import OperationType, TargetType
from activities.recorder import record
from jim.accounts.models import ApiKey

admin.site.unregister([User, Group])


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Of the key itself only its beginning is known."""

    list_display = ("name", "beginning", "role_names", "is_enabled", "expires", "last_used", "last_used_ip")
    list_filter = ("is_enabled", "roles")
    search_fields = ("name",)
    ordering = ("name",)
    actions = None
    fields = (("name", "is_enabled"), "description", ("beginning", "role_names", "infrastructure"),
              ("created", "expires"), ("last_used", "last_used_ip"))  # fmt: skip
    readonly_fields = ("name", "description", "beginning", "role_names", "infrastructure", "created", "expires",
                       "last_used", "last_used_ip")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).prefetch_related("roles")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    @display(description="key")
    def beginning(self, key: ApiKey) -> str:
        return f"{key.key_prefix}…"

    @display(description="roles", label=True)
    def role_names(self, key: ApiKey) -> list[str]:
        return [role.name for role in key.roles.all()]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        record(
            TargetType.API_KEY,
            OperationType.UPDATE,
            target_name=obj.name,
            initiator=initiator_of(request),
            message="Enabled." if obj.is_enabled else "Disabled.",
        )


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass
