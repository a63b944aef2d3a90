"""The examples in the README, the docs and the docstrings run as tests."""

from pathlib import Path

from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection

HERE = Path(__file__).parent

pages = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()], patterns=["README.md", "docs/*.md"], path=str(HERE))
docstrings = Sybil(
    parsers=[DocTestParser()],
    patterns=["**/*.py"],
    path=str(HERE / "src"),
    document_types={".py": PythonDocStringDocument},
)

pytest_collect_file = SybilCollection((pages, docstrings)).pytest()
