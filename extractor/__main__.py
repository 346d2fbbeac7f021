"""`python -m extractor` is `extract`."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C during its import ends it as quietly as later."""
    try:
        from extractor.cli import start

        start()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
