"""What a lease says to its holder: how many there are, whether to stop, and that an import waits for one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0003_built_in")]
    operations = [
        migrations.AddField(
            model_name="runlease",
            name="lease_count",
            field=models.SmallIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="runlease",
            name="stop_requested",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="runlease",
            name="mode",
            field=models.CharField(
                choices=[("Shared", "Shared"), ("Exclusive", "Exclusive"), ("Waiting", "Waiting")], max_length=9
            ),
        ),
    ]
