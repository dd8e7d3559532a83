"""Service settings that an administrator has overridden; `synchronisation.service_settings` says which there are."""

from django.db import models


class ServiceSettingOverride(models.Model):
    """value: as text, in the form of the setting's type."""

    key = models.CharField(primary_key=True, max_length=100)
    value = models.TextField()

    class Meta:
        db_table = "service_setting"

    def __str__(self) -> str:
        return self.key
