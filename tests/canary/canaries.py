"""A canary for every secret or personal field: words that stand nowhere else."""

from datetime import date

from patientportal import SecurityQuestion

PASSWORD = "Thrushbolt 7 marigoldy"
NEW_PASSWORD = "Quenchwick 8 saffronly"
WRONG_PASSWORD = "Grumblefen 9 turquoisy"
TYPED_AS_USERNAME = "Misplacedtrumpet!5"
USERNAME = "frobnicus"
OTHER_USERNAME = "splendifer"
DEVICE = "glimphone"
ANSWERS = {SecurityQuestion.FIRST_PET: "Snorkelwick", SecurityQuestion.FIRST_STREET: "Blenheimer Row"}
PERSONAL = {
    "first_name": "Zorblaxia",
    "last_name": "Quexleyham",
    "email": "wumptail@vintrop.example",
    "phone": "+1 555 0199 7731",
    "postal_code": "ZQ8 4XKW",
    "language": "xqz-Wumpt",
}
BORN = date(1911, 11, 17)
EXTERNAL_ID = "MRN-4471-wibbleton"
STAFF_NAME = "Yolanderine Pimm"
BORN_WRITTEN = ("1911-11-17", "19111117", "1911, 11, 17", "17.11.1911", "11/17/1911")

SOURCE, BROKEN_SOURCE = "tok_plumbersnatch", "tok_crumblefizz"
MADE_UP = (PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, TYPED_AS_USERNAME, SOURCE, BROKEN_SOURCE, *ANSWERS.values())
NEW_EMAIL = "snarfle@quibblex.example"
HEALTH = "My gronkulitis prescription vanished"
MEDICATION, DOSE, DIRECTIONS = "Wobbletabs 40 MG", "a thimbleful", "Swallow while humming"
PHARMACY, NOTE, NEW_DIRECTIONS, REASON = (
    "Grumbledore Chemists",
    "Snufflings again",
    "Whistle instead",
    "Spleen of gloop",
)
PHARMACY_CANARIES = (MEDICATION, DOSE, DIRECTIONS, PHARMACY, NOTE, NEW_DIRECTIONS, REASON)
NUMBER, SCAN, PAY_KEY = "Quibblebill 7", "For blistering of the grommet", "clickety-snork"
DUE = ("777.31", "77731", "23.45", "2345")
COMPLAINT, CALLED_OFF, TURNED_AWAY = "My left fribbletoe itches", "Dr Quib has the mumblepox", "No cure for wozzleknee"
ANSWER = "Your grommetine is in the drawer"
HEADING, ADVICE = "About your snifflepox", "Take the blue wobbletabs twice"
PERSONAL_CANARIES = (
    HEALTH,
    COMPLAINT,
    CALLED_OFF,
    TURNED_AWAY,
    HEADING,
    ADVICE,
    ANSWER,
    *PHARMACY_CANARIES,
    NUMBER,
    SCAN,
    PAY_KEY,
    NEW_EMAIL,
    USERNAME,
    OTHER_USERNAME,
    DEVICE,
    STAFF_NAME,
    *PERSONAL.values(),
    EXTERNAL_ID,
    *BORN_WRITTEN,
)
