"""A function whose docstring and signature disagree."""


def helper() -> None:
    """Do nothing."""


def ping(host: str, times: int = 1) -> None:
    """Ask whether a host is there.

    Args:
        server: Its name.
        times: How often.
    """
