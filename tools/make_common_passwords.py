"""Makes ``common_passwords.bin``: hashes of the most common passwords of a published list that satisfy a policy.

``python tools/make_common_passwords.py LIST`` takes a text of one password a line, the most common first, such as
SecLists' ``10-million-password-list-top-1000000.txt`` (``NOTICE`` says whose it is).
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from patientportal.adapters.common_passwords import FILE, HASH_BYTES, hashed
from patientportal.domain.accounts.passwords import PasswordProblemCode, problems, usable
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import PasswordPolicy

MOST_COMMON = 3_000  # OWASP ASVS 5.0, 6.2.4: at least so many of those that satisfy the policy
MIN_LENGTHS = range(8, 16)
POLICIES = [PasswordPolicy(min_length=n, composition=c) for n in MIN_LENGTHS for c in (True, False)]
NOBODY = PersonalInformation(first_name="-", last_name="-", date_of_birth=date(1900, 1, 1), email="nobody@example.org")
_OF_A_LIST = {PasswordProblemCode.COMMON, PasswordProblemCode.PERSONAL}


def chosen(passwords: Iterable[str]) -> Iterator[str]:
    """Of a list, the most common first: those that are among the 3,000 first ones to satisfy one of the policies."""
    room = dict.fromkeys(POLICIES, MOST_COMMON)
    for password in passwords:
        wanted = [policy for policy in POLICIES if room[policy] and satisfies(password, policy)]
        for policy in wanted:
            room[policy] -= 1
        if wanted:
            yield password


def satisfies(password: str, policy: PasswordPolicy) -> bool:
    """Whether nothing but a list of common passwords could refuse this."""
    found = problems(password, username="", personal=NOBODY, is_listed=False, policy=policy)
    return {problem.code for problem in found} <= _OF_A_LIST


def main() -> None:
    """Writes the file that is shipped."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    hashes = sorted({hashed(usable(password)) for password in chosen(lines)})
    FILE.write_bytes(b"".join(hashes))
    sys.stdout.write(f"{len(hashes):,} hashes of {HASH_BYTES} bytes\n")


if __name__ == "__main__":
    main()
