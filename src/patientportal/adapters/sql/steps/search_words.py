"""By which words patients are found, and whom recovery looks among: step 9; a worker fills the tables."""

STATEMENTS = (
    "ALTER TABLE personal_records ADD COLUMN folding {whole} NOT NULL DEFAULT 0 CHECK (folding >= 0)",
    "CREATE INDEX personal_records_by_folding ON personal_records (folding, patient_id)",
    """CREATE TABLE search_words (
        patient_id {id} NOT NULL REFERENCES patients (id),
        of {id} NOT NULL CHECK (of IN ('last_name', 'name', 'phone')),
        word {id} NOT NULL CHECK (word <> ''),
        date_of_birth {date} NOT NULL,
        PRIMARY KEY (patient_id, of, word)
    ){end}""",
    "CREATE INDEX search_words_by_word ON search_words (of, word, date_of_birth, patient_id)",
    """CREATE TABLE recovery_names (
        patient_id {id} PRIMARY KEY REFERENCES patients (id),
        person_hash {bytes} NOT NULL CHECK (length(person_hash) = 32)
    ){end}""",
    "CREATE INDEX recovery_names_by_person ON recovery_names (person_hash, patient_id)",
)
