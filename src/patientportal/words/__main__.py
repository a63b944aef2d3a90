"""Prints the file in which a language is begun: ``python -m patientportal.words fr > fr.po``."""

import argparse
import sys

from patientportal.words.catalogues import template


def main(arguments: list[str] | None = None) -> None:
    """Prints the template of one language."""
    parser = argparse.ArgumentParser(prog="python -m patientportal.words", description=__doc__)
    parser.add_argument("language", help="its tag, such as fr or pt-BR")
    sys.stdout.write(template(parser.parse_args(arguments).language))


if __name__ == "__main__":
    main()
