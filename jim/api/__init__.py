"""The ground every API endpoint stands on: errors, fields, paging, filters, throttles, the served OpenAPI document.

Knows nothing of the endpoints above it (`jim.accounts.api`, `activities.api`, `synchronisation.api`).

How an endpoint is written, by example (all names snake_case in Python; clients see camelCase):

1. `serializers.py`: the shape. `read_only_fields = fields` on what is only answered; input in a class of its own.

       class RunProfileSerializer(ModelSerializer):           # jim.api.serializers
           connected_system_name = CharField(source="system.name", read_only=True)
           class Meta:
               model, fields = RunProfile, ("id", "name", "run_type", "connected_system_name")

   Fields of `jim.api.fields` are strict: "true" is no boolean, "5" and 5.0 no integer, enums match case.
2. `filtersets.py`: the query parameters, if there are any.

       class RunProfileFilter(FilterSet):                     # jim.api.filters
           search = SearchFilter("name")
           run_type = EnumListFilter(choices=RunType)         # ?runType=Export&runType=FullImport

3. `views.py`: what it does. Mixins of `jim.api.views` give list, retrieve, create, update (partial PUT), destroy.

       class RunProfileViewSet(ListMixin, RetrieveMixin, CreateMixin, ResourceViewSet):
           tag = "Run Profiles"
           operations = {"list": Operation("listRunProfiles", "List run profiles"), ...}   # jim.api.schema
           queryset, serializer_class = RunProfile.objects.all(), RunProfileSerializer
           input_serializer_class = RunProfileInputSerializer  # default: serializer_class
           filterset_class = RunProfileFilter
           sort_fields = {"name": "name"}                      # sortBy=name; without it: default_order
           default_order = ("id",)
           pagination_class = None                             # a plain array; default: the page envelope
           path_id = "runProfileId"                            # name of its id in the path; default "id"

4. `urls.py`: `path("run-profiles/<int32:runProfileId>", RunProfileViewSet.as_view({"get": "retrieve"}))`, without
   trailing slashes; converters `guid`, `int32` and `text` make an id of the wrong type a 404.

Checks run in the contract's order: authentication and rate limit, role, existence, validation. So a view looks up what
its path names (`find_or_404` of `jim.api.lookup`) before it reads `request.data`. Everyone must be an Administrator
unless the view says otherwise (`permission_classes`). `self.caller.initiator` says who called, for an activity.

Raise `BadRequest`, `Conflict`, `ServiceUnavailable` (`jim.api.errors`), `ValidationError({"field": [...]})` or
`NotFound` (`rest_framework.exceptions`). An app's own exceptions (and those of `connectors.errors`, which this package
does not know) are taught to `errors.describe.register`. A unique constraint's violation becomes a 400 by
`unique_violations` of `jim.api.uniqueness`. A test asserts that a list issues no query per row.
"""
