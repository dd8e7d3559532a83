"""Containers, and what is kept of deleted objects."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('synchronisation', '0013_staged_reference_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Container',
            fields=[
                ('id', models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=300)),
                ('external_id', models.CharField(max_length=1000)),
                ('description', models.TextField(null=True)),
                ('hidden', models.BooleanField(default=False)),
                ('selected', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'container',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='DeletedCso',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('object_type', models.TextField(null=True)),
                ('display_name', models.TextField(null=True)),
                ('initiated_by_type', models.CharField(choices=[('User', 'User'), ('ApiKey', 'Api Key'), ('System', 'System')], max_length=8)),
                ('initiated_by_name', models.CharField(max_length=300, null=True)),
                ('system_id', models.IntegerField()),
                ('system_name', models.TextField(null=True)),
                ('external_id', models.TextField(null=True)),
                ('deleted', models.DateTimeField()),
            ],
            options={
                'db_table': 'deleted_cso',
            },
        ),
        migrations.CreateModel(
            name='DeletedMvo',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('object_type', models.TextField(null=True)),
                ('display_name', models.TextField(null=True)),
                ('initiated_by_type', models.CharField(choices=[('User', 'User'), ('ApiKey', 'Api Key'), ('System', 'System')], max_length=8)),
                ('initiated_by_name', models.CharField(max_length=300, null=True)),
                ('type_id', models.IntegerField(null=True)),
                ('deleted', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'deleted_mvo',
            },
        ),
        migrations.AddIndex(
            model_name='metaverseobject',
            index=models.Index(condition=models.Q(('status', 'Obsolete')), fields=['id'], name='mvo_obsolete'),
        ),
        migrations.AddField(
            model_name='container',
            name='parent',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='synchronisation.container'),
        ),
        migrations.AddField(
            model_name='container',
            name='partition',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='containers', to='synchronisation.partition'),
        ),
        migrations.AddField(
            model_name='container',
            name='system',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='containers', to='synchronisation.connectedsystem'),
        ),
        migrations.AddIndex(
            model_name='deletedcso',
            index=models.Index(models.OrderBy(models.F('deleted'), descending=True), models.OrderBy(models.F('id'), descending=True), name='deleted_cso_newest'),
        ),
        migrations.AddIndex(
            model_name='deletedcso',
            index=models.Index(models.F('system_id'), models.OrderBy(models.F('deleted'), descending=True), models.OrderBy(models.F('id'), descending=True), name='deleted_cso_by_system'),
        ),
        migrations.AddIndex(
            model_name='deletedmvo',
            index=models.Index(models.OrderBy(models.F('deleted'), descending=True), models.OrderBy(models.F('id'), descending=True), name='deleted_mvo_newest'),
        ),
    ]
