"""Opening and closing: handles on the same data."""

# ruff: noqa: D102 - the name of a test says what it proves

import pytest

from patientportal.domain.errors import PortalError
from patientportal.ports.store import Store
from patientportal.testing.store_contract.samples import kept_in, patient, patient_key, save


class Handles:
    """What the factory gives, and what closing does."""

    def test_a_new_store_is_empty(self, stores: tuple[Store, Store]) -> None:
        for store in stores:
            assert kept_in(store) == {}

    def test_another_handle_finds_what_was_saved(self, stores: tuple[Store, Store]) -> None:
        save(stores[0], patient())
        with stores[1].view() as view:
            assert view.find(patient_key()) == patient()

    def test_closing_twice_does_nothing_more(self, store: Store) -> None:
        save(store, patient())
        store.close()
        store.close()

    def test_a_closed_store_refuses_to_be_used(self, store: Store) -> None:
        store.close()
        with pytest.raises(PortalError), store.transaction():
            pass
        with pytest.raises(PortalError), store.view():
            pass
        with pytest.raises(PortalError):
            store.find_all(patient_key())

    def test_closing_one_handle_leaves_another_open(self, stores: tuple[Store, Store]) -> None:
        save(stores[0], patient())
        if stores[0] is not stores[1]:
            stores[0].close()
        with stores[1].view() as view:
            assert view.find(patient_key()) == patient()
