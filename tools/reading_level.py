"""How hard the texts for people are to read: ``python tools/reading_level.py``, after ``pip install -e .[words]``.

English by the grade of Flesch and Kincaid (1975). Spanish by Fernández Huerta's ease of reading (1959; 80 and more is
the sixth grade), by the scale INFLESZ (Barrio-Cantalejo and others, 2008; 65 and more is what people without much
schooling read), and by Crawford's grade (1989).
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping

from attrs import frozen

from patientportal.words.catalogues import shipped, sources

GROUPS: Mapping[str, tuple[str, ...]] = {
    "errors": ("error.",),
    "problems": ("problem.",),
    "messages": ("message.",),
    "mails": ("mail.",),
    "history": ("event.",),
    "all sentences": ("error.", "problem.", "message.", "mail.", "event."),
}
"""What is measured together; labels of one or two words are no sentences."""
_PLACEHOLDER = re.compile(r"\$\w+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_END = re.compile(r"[.!?:]+(?:\s|$)|\n{2,}")
_NAME = "Ana"  # what is filled in isn't ours: it counts as a short word


@frozen
class Counted:
    """What a text consists of."""

    sentences: int
    words: int
    syllables: int

    @property
    def words_a_sentence(self) -> float:
        """How long its sentences are."""
        return self.words / self.sentences

    @property
    def syllables_a_word(self) -> float:
        """How long its words are."""
        return self.syllables / self.words


def counted(texts: Iterable[str], syllables: Callable[[str], int]) -> Counted:
    """Counts several texts, each of which ends its last sentence."""
    sentences = [part for text in texts for part in _END.split(_PLACEHOLDER.sub(_NAME, text)) if _WORD.search(part)]
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    return Counted(len(sentences), len(words), sum(map(syllables, words)))


def english_syllables(word: str) -> int:
    """About as many as are spoken: groups of vowels, without an ending that is silent."""
    word = word.lower().replace("'", "")
    silent = re.search(r"[^aeiouyl]e$|[aeiouy]le$|[^aeiouytd]ed$|[^aeiouysxzcg]es$", word) is not None
    return max(1, len(re.findall(r"[aeiouy]+", word)) - silent)


def spanish_syllables(word: str) -> int:
    """As many as are spoken: each strong vowel, each weak one with an accent, and each group of weak ones."""
    groups = re.findall(r"[aeiouáéíóúüy]+", re.sub(r"(?<=q)u|(?<=g)u(?=[eiéí])", "", word.lower()))
    return max(1, sum(len(re.findall(r"[aeoáéóíú]", group)) or 1 for group in groups if group != "y" or word == "y"))


def flesch_kincaid(text: Counted) -> float:
    """The grade of a school in the United States whose pupils read it."""
    return 0.39 * text.words_a_sentence + 11.8 * text.syllables_a_word - 15.59


def fernandez_huerta(text: Counted) -> float:
    """How easily it is read: 90 to 100 in the fifth grade, 80 to 90 in the sixth, 70 to 80 in the seventh."""
    return 206.84 - 60 * text.syllables_a_word - 1.02 * text.words_a_sentence


def inflesz(text: Counted) -> float:
    """How easily it is read: over 80 very easily, 65 to 80 fairly easily, 55 to 65 as papers are."""
    return 206.835 - 62.3 * text.syllables_a_word - text.words_a_sentence


def crawford(text: Counted) -> float:
    """The years of school after which it is read."""
    return -20.5 / text.words_a_sentence + 4.9 * text.syllables_a_word - 3.407


def of_english() -> Mapping[str, Counted]:
    """The English texts, by group."""
    return {name: counted(_texts("en", prefix), english_syllables) for name, prefix in GROUPS.items()}


def of_spanish() -> Mapping[str, Counted]:
    """The Spanish ones."""
    return {name: counted(_texts("es", prefix), spanish_syllables) for name, prefix in GROUPS.items()}


def _texts(tag: str, prefix: tuple[str, ...]) -> list[str]:
    language = shipped(tag)
    return [language.text(key, count=2) for key in sources() if key.startswith(prefix) and key != "error.bad_input"]


def main() -> None:
    """Prints a table, as Markdown has it."""
    spanish = of_spanish()
    sys.stdout.write("| texts | words | Flesch-Kincaid | palabras | Fernández Huerta | INFLESZ | Crawford |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|\n")
    for name, english in of_english().items():
        there = spanish[name]
        sys.stdout.write(
            f"| {name} | {english.words} | {flesch_kincaid(english):.1f} | {there.words} "
            f"| {fernandez_huerta(there):.1f} | {inflesz(there):.1f} | {crawford(there):.1f} |\n"
        )


if __name__ == "__main__":
    main()
