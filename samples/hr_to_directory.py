"""The example to copy: people from an HR file get an account in a directory file.

Change names, columns and expressions to yours, and hand the result to `samples.configuration.apply`. The language
of expressions: `cs["column"]` is a value of the connected system, `mv["Attribute"]` one of the metaverse.
"""

from samples.configuration import Configuration, ExportRule, Expression, FileSystem, ImportRule, ObjectType

HR_FILE = "hr.csv"
DIRECTORY_FILE = "directory.csv"
DIRECTORY_COLUMNS = (
    "uid",
    "employeeId",
    "givenName",
    "sn",
    "displayName",
    "mail",
    "department",
    "title",
    "l",
    "accountStatus",
    "manager",
)

HR = FileSystem(
    name="HR",
    file_path=HR_FILE,
    mode="Import Only",
    object_types=(
        ObjectType(
            "employee",
            external_id="employeeId",
            matching=("employeeId", "Employee ID"),
            # Too many of them are empty for the discovery to see a date or whom the number of a manager means.
            types={"startDate": "DateTime", "endDate": "DateTime", "manager": "Reference"},
        ),
    ),
    run_profiles=("Full Import", "Full Synchronisation", "Delta Synchronisation"),
)

DIRECTORY = FileSystem(
    name="Directory",
    file_path=DIRECTORY_FILE,
    mode="Bidirectional",
    object_types=(
        ObjectType(
            "account",
            external_id="uid",
            matching=("employeeId", "Employee ID"),
            types={"manager": "Reference"},
        ),
    ),
    run_profiles=("Full Import", "Full Synchronisation", "Delta Synchronisation", "Export"),
)

HR_PEOPLE = ImportRule(
    name="HR people",
    system="HR",
    mappings={
        "Employee ID": "employeeId",
        "First Name": "firstName",
        "Last Name": "lastName",
        "Department": "department",
        "Job Title": "jobTitle",
        "Company": "company",
        "Location": "location",
        "Employee Start Date": "startDate",
        "Employee End Date": "endDate",
        "Employee Status": "status",
        "Telephone": "telephone",
        "Manager": "manager",
        "Display Name": Expression('Coalesce(cs["preferredName"], cs["firstName"]) + " " + cs["lastName"]'),
        "Account Name": Expression('"u" + cs["employeeId"]'),
        "Email": Expression('Lower(Coalesce(cs["email"], "u" + cs["employeeId"] + "@hartwell.example"))'),
    },
)

DIRECTORY_ACCOUNTS = ExportRule(
    name="Directory accounts",
    system="Directory",
    mappings={
        "uid": "Account Name",
        "employeeId": "Employee ID",
        "givenName": "First Name",
        "sn": "Last Name",
        "displayName": "Display Name",
        "mail": "Email",
        "department": "Department",
        "title": "Job Title",
        "l": "Location",
        "manager": "Manager",
        "accountStatus": Expression('mv["Employee Status"] == "Active" ? "enabled" : "disabled"'),
    },
)

CONFIGURATION = Configuration(
    systems=(HR, DIRECTORY),
    import_rules=(HR_PEOPLE,),
    export_rules=(DIRECTORY_ACCOUNTS,),
    authorities={"person": "HR"},
)
