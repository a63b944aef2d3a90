"""One person whom a hospital registers from many processes at once is one patient."""

from collections import Counter

from tests.clinics import Call, Clinic, Pace
from tests.races.dealing import codes, dealt


def test_a_key_that_comes_many_times_at_once_is_one_patient(clinic: Clinic, pace: Pace) -> None:
    seeds = pace.seeds(4)

    def register(seed: int, first_name: str) -> Call:
        return "register", {"key": f"K-{seed}", "first_name": first_name}

    names = ["Ada"] * 12 + ["Ben"] * 4
    answers = clinic.race(*(dealt([register(seed, name) for name in names], 8, 1, seed=seed) for seed in seeds))
    assert codes(answers).keys() == {"ok", "external_id_taken"}
    for seed in seeds:
        of_one = [one for one in answers if one["key"] == f"K-{seed}"]
        patients = Counter((one["first_name"], one["patient_id"]) for one in of_one if one["code"] == "ok")
        assert len(patients) == 1
        ((name, _),) = patients
        assert codes(of_one)["ok"] == names.count(name)
    assert clinic.rows("SELECT count(*) FROM patients") == [(len(seeds),)]
    assert clinic.rows("SELECT count(*) FROM deliveries") == [(len(seeds),)]
