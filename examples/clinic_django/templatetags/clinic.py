"""The portal's words in templates."""

from django import template

from patientportal import words

register = template.Library()
for write in (words.day, words.label, words.moment, words.money):
    register.filter(write.__name__, write)
