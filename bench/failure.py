"""What ends the benchmark with one line on standard error."""


class Failure(Exception):
    """A server, a tool or the load generator did not do what it should."""
