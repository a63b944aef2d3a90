"""Notices that wait by the clock and may be sent again, and links whose secrets live each for its time: step 7."""

STATEMENTS = (
    "ALTER TABLE deliveries ADD COLUMN sent_again_at {instant}",
    "ALTER TABLE deliveries ADD COLUMN unanswered {whole} NOT NULL DEFAULT 0 CHECK (unanswered >= 0)",
    "ALTER TABLE links RENAME COLUMN first_minted_at TO last_minted_at",
    """UPDATE links SET last_minted_at = (
        SELECT max(minted_at) FROM link_secrets
        WHERE link_secrets.patient_id = links.patient_id AND link_secrets.link_id = links.id
    ) WHERE EXISTS (
        SELECT 1 FROM link_secrets WHERE link_secrets.patient_id = links.patient_id AND link_secrets.link_id = links.id
    )""",
    """ALTER TABLE links ADD COLUMN ended_by {id}
        CHECK (ended_by IN ('replaced', 'new_password', 'new_address', 'deactivated', 'untold', 'restored'))
        CHECK (ended_by IS NULL OR status = 'ended')""",
    # Nothing says any more what ended these: as before this step, nobody is taken to wait for them.
    "UPDATE links SET ended_by = 'replaced' WHERE status = 'ended'",
)
