from django.apps import AppConfig


class SynchronisationConfig(AppConfig):
    name = "synchronisation"
