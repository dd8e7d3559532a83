"""Scoping criteria of synchronisation rules."""

import django.db.models.deletion
from django.db import migrations, models

COMPARISONS = [
    ("Equals", "Equals"),
    ("NotEquals", "Not Equals"),
    ("StartsWith", "Starts With"),
    ("NotStartsWith", "Not Starts With"),
    ("EndsWith", "Ends With"),
    ("NotEndsWith", "Not Ends With"),
    ("Contains", "Contains"),
    ("NotContains", "Not Contains"),
    ("LessThan", "Less Than"),
    ("LessThanOrEquals", "Less Than Or Equals"),
    ("GreaterThan", "Greater Than"),
    ("GreaterThanOrEquals", "Greater Than Or Equals"),
]


def key() -> models.AutoField:
    return models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def link(to: str, on_delete: object, related_name: str = "+", *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(null=null, on_delete=on_delete, related_name=related_name, to=f"synchronisation.{to}")


CASCADE, RESTRICT = django.db.models.deletion.CASCADE, django.db.models.deletion.RESTRICT


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0006_exported_values")]
    operations = [
        migrations.CreateModel(
            name="ScopingCriteriaGroup",
            fields=[
                ("id", key()),
                ("type", models.CharField(choices=[("All", "All"), ("Any", "Any")], max_length=3)),
                ("position", models.IntegerField(default=0)),
                ("parent", link("scopingcriteriagroup", CASCADE, null=True)),
                ("rule", link("syncrule", CASCADE, "scoping_groups")),
            ],
            options={"db_table": "scoping_criteria_group", "ordering": ["position", "id"]},
        ),
        migrations.CreateModel(
            name="ScopingCriterion",
            fields=[
                ("id", key()),
                ("comparison_type", models.CharField(choices=COMPARISONS, max_length=19)),
                ("value", models.JSONField()),
                ("case_sensitive", models.BooleanField(default=True)),
                ("attribute", link("attribute", RESTRICT, null=True)),
                ("group", link("scopingcriteriagroup", CASCADE, "criteria")),
                ("metaverse_attribute", link("metaverseattribute", RESTRICT, null=True)),
            ],
            options={
                "db_table": "scoping_criterion",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("attribute__isnull", True), ("metaverse_attribute__isnull", True), _connector="XOR"
                        ),
                        name="scoping_criterion_one_attribute",
                    )
                ],
            },
        ),
    ]
