"""What the rule against common passwords refuses, what it lets pass, and which share of typical guesses it stops."""

import random
import string
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain import common_passwords
from patientportal.domain.common_passwords import is_common

SPECIALS = "!@#$%^&*()-_=+[]{};:,.?/"
KEYBOARD = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
LEET = {"a": "@4", "e": "3", "i": "1!", "l": "1", "o": "0", "s": "$5", "t": "7+"}

# What an attacker of a clinic would try first, written down without a look at the rule's own words.
GUESSED_WORDS = """
password passw0rd pass letmein welcome admin administrator login master secret access private security portal
patient doctor nurse hospital clinic medical health mychart healthcare pharmacy physician surgeon dentist
appointment medicine wellness ambulance insurance
summer winter spring autumn fall january february march april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday christmas easter halloween vacation holiday birthday
love lover iloveyou loveyou sweetheart honey angel princess baby babygirl prince sunshine rainbow butterfly flower
beautiful forever family mother daddy mommy grandma sister brother friend friends blessed jesus heaven faith
dragon monkey tiger kitty puppy buddy bailey bella charlie lucky max molly daisy rocky shadow ginger pepper
panda dolphin eagle wolf bear horse turtle penguin elephant rabbit kitten doggie snickers peaches boomer
football baseball soccer hockey basketball tennis golf yankees cowboys steelers lakers packers broncos redsox
patriots liverpool arsenal chelsea barcelona juventus realmadrid eagles
michael jennifer jessica ashley david daniel matthew joshua andrew christopher amanda sarah robert james john
william joseph nicole elizabeth stephanie melissa thomas anthony jason justin brandon ryan kevin brian steven
emily hannah olivia sophia emma isabella madison abigail samantha victoria alexis taylor lauren megan rachel
jacob ethan noah liam mason logan benjamin alexander nathan dylan tyler jordan hunter austin zachary gavin
maria carlos jose luis miguel sofia gabriela valentina guadalupe santiago mateo fernanda
thomas stefan andreas julia anna lisa sandra kerstin juergen
robinson johnson martinez garcia williams kowalski nguyen patel
superman batman spiderman starwars pokemon naruto minecraft fortnite harrypotter gandalf mickey simpsons
mustang ferrari porsche corvette harley camaro toyota chevrolet
computer internet samsung google iphone apple windows microsoft facebook
chocolate cookie banana cheese pizza coffee cherry orange strawberry pumpkin peanut
london paris newyork chicago texas california boston dallas florida america canada mexico germany phoenix
purple yellow silver golden diamond blue black green
freedom hello whatever trustno1 killer ninja warrior hunter wizard pirate guitar music metallica nirvana
qwerty asdf zxcvbn qazwsx abc123 abcdef
passwort willkommen schatz sommer fussball geheim contrasena bienvenido amor teamo motdepasse bonjour soleil
teacher student engineer school college university
peace hope happy smile magic dream mystery destiny cupcake sparkle snowball starlight moonlight thunder
money dollar winner success champion legend
""".split()


def satisfies_the_policy(password: str) -> bool:
    return (
        12 <= len(password) <= 128
        and any(c.isalpha() for c in password)
        and any(c.isdigit() for c in password)
        and any(not c.isalnum() for c in password)
    )


def disguised(word: str, chance: random.Random) -> str:
    return "".join(chance.choice(LEET[c]) if c in LEET and chance.random() < 0.6 else c for c in word)


def walk(chance: random.Random) -> str:
    """A straight walk over the keys: along a row, or down one column after another."""
    if chance.random() < 0.5:
        row = chance.choice(KEYBOARD[1:])
        length = chance.randint(4, len(row))
        begin = chance.randint(0, len(row) - length)
        keys = row[begin : begin + length]
    else:
        begin = chance.randint(0, 4)
        keys = "".join(row[column] for column in range(begin, begin + chance.randint(2, 3)) for row in KEYBOARD)
    return keys[:: chance.choice((1, -1))]


def typical_guesses(chance: random.Random) -> Iterator[str]:
    """The shapes that people give a password which must have twelve characters, a digit and a special."""
    year, mark = str(chance.randint(1950, 2026)), chance.choice("!!!!@#$.*?")
    word, other = chance.choice(GUESSED_WORDS), chance.choice(GUESSED_WORDS)
    count = chance.choice(("1", "12", "123", "1234", "12345", "01", "007", "69", "99", "2000", "321"))
    day = f"{chance.randint(1, 28):02}{chance.randint(1, 12):02}"
    yield word.capitalize() + year + mark * chance.randint(1, 4)
    yield word.capitalize() + mark + year
    yield word.capitalize() + mark + count + chance.choice(("", mark, "!"))
    yield word.upper() + "_" + day + year
    yield word + chance.choice("@.-_") + day + year[2:]
    yield disguised(word, chance).capitalize() + year + mark
    yield disguised(word.capitalize(), chance) + count + mark * 2
    yield mark + word.capitalize() + count + mark
    yield (word * 2).capitalize() + count[0] + mark
    yield word.capitalize() + word.capitalize() + mark + count
    yield f"{word.capitalize()}-{other.capitalize()}-{count}"
    yield word + other.capitalize() + count + mark
    yield "My" + word.capitalize() + year + mark
    yield "Ilove" + word.capitalize() + count + mark
    yield "The" + word.capitalize() + mark + year
    yield word.capitalize() + "s" + year + mark
    yield walk(chance).capitalize() + count + mark * 3
    yield walk(chance) + mark + walk(chance).upper() + count
    yield word.capitalize() + walk(chance)[:3] + count + mark
    yield chance.choice(string.ascii_letters) * chance.randint(6, 10) + count + mark * 2


def distinct_guesses(number: int) -> list[str]:
    chance, guesses = random.Random("typical guesses"), dict[str, None]()
    while len(guesses) < number:
        guesses.update(dict.fromkeys(filter(satisfies_the_policy, typical_guesses(chance))))
    return list(guesses)[:number]
