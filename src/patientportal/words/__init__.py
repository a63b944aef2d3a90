"""The words for people: every code, error and notice in their language; days, times and money as they write them."""

try:
    import babel  # noqa: F401 - what all of this stands on
except ImportError:
    raise ImportError("patientportal.words needs Babel: pip install 'patientportal[words]'") from None

from patientportal.words.catalogues import Language, load, template
from patientportal.words.choosing import choose
from patientportal.words.formats import day, moment, money, time, weekday
from patientportal.words.letters import mails
from patientportal.words.texts import Said, Text, area, happened, label, message, say

__all__ = [
    "Language",
    "Said",
    "Text",
    "area",
    "choose",
    "day",
    "happened",
    "label",
    "load",
    "mails",
    "message",
    "moment",
    "money",
    "say",
    "template",
    "time",
    "weekday",
]
