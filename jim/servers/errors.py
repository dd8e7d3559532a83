"""What can keep JIM's servers from running. Every message is one line and says what to do.

ServerError
├── DataFolderError     the data folder cannot be used
├── PortTakenError      something else listens there
├── AccountError        root has no way to run PostgreSQL
├── MissingBinaryError  the wheel with the server is not installed
├── StartError          a server or a step of the start ended instead of becoming ready
└── GaveUpError         a server that everything needs kept stopping
"""


class ServerError(Exception):
    """A server cannot run; the message is meant for the administrator."""


class DataFolderError(ServerError):
    pass


class PortTakenError(ServerError):
    pass


class AccountError(ServerError):
    pass


class MissingBinaryError(ServerError):
    pass


class StartError(ServerError):
    pass


class GaveUpError(ServerError):
    pass
