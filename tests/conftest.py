"""How Hypothesis runs in this suite: the same on every machine, whatever its environment switches on."""

from hypothesis import settings

settings.register_profile(
    "patientportal",
    deadline=None,  # two shared cores: a slow moment isn't a failure
    derandomize=False,  # ``CI=true`` would switch it on, and every run would try the same examples
    print_blob=True,
)
settings.load_profile("patientportal")
