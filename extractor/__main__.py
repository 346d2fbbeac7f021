"""`python -m extractor` is `extract`."""

from extractor.cli import app

if __name__ == "__main__":
    app()
