"""Schedules, their slots, and the visits booked into them: step 3."""

STATEMENTS = (
    """CREATE TABLE appointments (
        patient_id {id} NOT NULL REFERENCES patients (id),
        id {id} NOT NULL,
        slot_id {id} NOT NULL,
        provider_id {id} NOT NULL,
        place_id {id} NOT NULL CHECK (place_id <> ''),
        place_name {text} NOT NULL CHECK (place_name <> ''),
        place_zone {text} NOT NULL CHECK (place_zone <> ''),
        starts_at {instant} NOT NULL,
        ends_at {instant} NOT NULL,
        reason {text} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('booked', 'cancelled', 'fulfilled', 'noshow')),
        booked_at {instant} NOT NULL,
        ended_at {instant},
        cancelled_by {id} CHECK (cancelled_by IN ('patient', 'staff')),
        cancellation_reason {text} NOT NULL,
        rescheduled_from {id},
        rescheduled_to {id},
        PRIMARY KEY (patient_id, id),
        CHECK (starts_at < ends_at),
        CHECK ((status = 'booked') = (ended_at IS NULL)),
        CHECK ((status = 'cancelled') = (cancelled_by IS NOT NULL)),
        CHECK (rescheduled_to IS NULL OR status = 'cancelled')
    ){end}""",
    "CREATE INDEX appointments_by_id ON appointments (id)",
    "CREATE INDEX appointments_by_turn ON appointments (patient_id, status, starts_at, id)",
    "CREATE INDEX appointments_by_provider ON appointments (provider_id, status, starts_at, id)",
    "CREATE UNIQUE INDEX appointments_one_a_slot ON appointments (slot_id) WHERE status = 'booked'",
    """CREATE TABLE appointment_requests (
        patient_id {id} NOT NULL REFERENCES patients (id),
        id {id} NOT NULL,
        provider_id {id},
        reason {text} NOT NULL CHECK (reason <> ''),
        windows {document} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('open', 'scheduled', 'declined', 'withdrawn')),
        requested_at {instant} NOT NULL,
        ended_at {instant},
        decline_reason {text} NOT NULL,
        appointment_id {id},
        PRIMARY KEY (patient_id, id),
        FOREIGN KEY (patient_id, appointment_id) REFERENCES appointments (patient_id, id),
        CHECK ((status = 'open') = (ended_at IS NULL)),
        CHECK ((status = 'declined') = (decline_reason <> '')),
        CHECK ((status = 'scheduled') = (appointment_id IS NOT NULL))
    ){end}""",
    "CREATE INDEX appointment_requests_by_id ON appointment_requests (id)",
    "CREATE INDEX appointment_requests_by_age ON appointment_requests (patient_id, requested_at, id)",
    "CREATE INDEX appointment_requests_by_turn ON appointment_requests (status, requested_at, id)",
    """CREATE INDEX appointment_requests_open ON appointment_requests (patient_id, requested_at, id)
        WHERE status = 'open'""",
    "CREATE TABLE schedules (provider_id {id} PRIMARY KEY CHECK (provider_id <> ''), begun_at {instant} NOT NULL){end}",
    """CREATE TABLE slots (
        id {id} PRIMARY KEY,
        provider_id {id} NOT NULL REFERENCES schedules (provider_id),
        place_id {id} NOT NULL CHECK (place_id <> ''),
        place_name {text} NOT NULL CHECK (place_name <> ''),
        place_zone {text} NOT NULL CHECK (place_zone <> ''),
        starts_at {instant} NOT NULL,
        ends_at {instant} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('free', 'busy')),
        patient_id {id},
        appointment_id {id},
        FOREIGN KEY (patient_id, appointment_id) REFERENCES appointments (patient_id, id),
        CHECK (starts_at < ends_at),
        CHECK ((status = 'busy') = (patient_id IS NOT NULL)),
        CHECK ((status = 'busy') = (appointment_id IS NOT NULL))
    ){end}""",
    "CREATE UNIQUE INDEX slots_by_provider ON slots (provider_id, starts_at)",
    "CREATE INDEX slots_by_turn ON slots (status, starts_at, id)",
    "CREATE INDEX slots_by_turn_of_place ON slots (status, place_id, starts_at, id)",
    # After the one of places: asked for both, SQLite takes the later one, and a provider has fewer slots than a place.
    "CREATE INDEX slots_by_turn_of_provider ON slots (status, provider_id, starts_at, id)",
    "ALTER TABLE deliveries ADD COLUMN appointment_id {id}",
)

# As no two of them overlap, the latest one that begins before the new one ends is the only one that can.
_OF_PATIENT = """BEGIN
    SELECT RAISE(ABORT, 'visits overlap') WHERE NEW.starts_at < (
        SELECT ends_at FROM appointments
        WHERE patient_id = NEW.patient_id AND status = 'booked' AND starts_at < NEW.ends_at AND id <> NEW.id
        ORDER BY starts_at DESC LIMIT 1
    );
END"""
_OF_PROVIDER = """BEGIN
    SELECT RAISE(ABORT, 'slots overlap') WHERE NEW.starts_at < (
        SELECT ends_at FROM slots
        WHERE provider_id = NEW.provider_id AND starts_at < NEW.ends_at AND id <> NEW.id
        ORDER BY starts_at DESC LIMIT 1
    );
END"""

ON_SQLITE = (
    f"""CREATE TRIGGER appointments_apart_when_added BEFORE INSERT ON appointments
        WHEN NEW.status = 'booked' {_OF_PATIENT}""",
    f"""CREATE TRIGGER appointments_apart_when_changed BEFORE UPDATE ON appointments
        WHEN NEW.status = 'booked' {_OF_PATIENT}""",
    f"CREATE TRIGGER slots_apart_when_added BEFORE INSERT ON slots {_OF_PROVIDER}",
    f"""CREATE TRIGGER slots_apart_when_changed BEFORE UPDATE ON slots
        WHEN (NEW.provider_id, NEW.starts_at, NEW.ends_at) <> (OLD.provider_id, OLD.starts_at, OLD.ends_at)
        {_OF_PROVIDER}""",
)

# A range of text with one value in it stands for that value: exclusion by equality without the extension btree_gist.
# Slots have a trigger instead, which their schedule's lock makes safe: each booking changes a slot, and an exclusion
# constraint on a hundred thousand of them makes that seven times slower. An engine that has neither goes on without.
ON_POSTGRES = (
    """DO $$ BEGIN
        EXECUTE $text$CREATE TYPE ids AS RANGE (subtype = text, collation = "C")$text$;
        EXECUTE $text$ALTER TABLE appointments ADD CONSTRAINT appointments_apart EXCLUDE USING gist (
            ids(patient_id, patient_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&
        ) WHERE (status = 'booked')$text$;
    EXCEPTION WHEN feature_not_supported OR syntax_error OR undefined_object THEN NULL;
    END $$""",
    """DO $$ BEGIN
        EXECUTE $text$CREATE FUNCTION slots_apart() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $body$
        BEGIN
            IF NEW.starts_at < (
                SELECT ends_at FROM slots
                WHERE provider_id = NEW.provider_id AND starts_at < NEW.ends_at AND id <> NEW.id
                ORDER BY starts_at DESC LIMIT 1
            ) THEN
                RAISE EXCEPTION USING ERRCODE = 'exclusion_violation';
            END IF;
            RETURN NEW;
        END $body$ $text$;
        EXECUTE $text$CREATE TRIGGER slots_apart_when_added BEFORE INSERT ON slots
            FOR EACH ROW EXECUTE FUNCTION slots_apart()$text$;
        EXECUTE $text$CREATE TRIGGER slots_apart_when_changed BEFORE UPDATE ON slots FOR EACH ROW
            WHEN ((NEW.provider_id, NEW.starts_at, NEW.ends_at) <> (OLD.provider_id, OLD.starts_at, OLD.ends_at))
            EXECUTE FUNCTION slots_apart()$text$;
    EXCEPTION WHEN feature_not_supported OR syntax_error OR undefined_object THEN NULL;
    END $$""",
)
