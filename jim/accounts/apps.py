from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "jim.accounts"
    label = "accounts"
