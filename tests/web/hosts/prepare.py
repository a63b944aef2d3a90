"""What a hospital has before it mounts the portal: a practice in a database, and staff of its own."""

import os
import sys

from patientportal import ConsoleNotifier, SandboxProcessor, open_portal_from_env
from patientportal.testing import clinic

with open_portal_from_env(notifier=ConsoleNotifier(), payments=SandboxProcessor()) as portal:
    clinic(portal)

if os.environ.get("DJANGO_SETTINGS_MODULE"):
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import Group, User

    user = User.objects.create_user("susan", password="of nobody", is_staff=True)
    user.groups.add(Group.objects.create(name="front_desk"))
sys.exit(0)
