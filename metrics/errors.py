"""What a metric raises where it has no value."""


class Undefined(Exception):
    """The convention gives no value for this triple; the text is the reason that is stored with the null."""
