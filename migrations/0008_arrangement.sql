-- How the rounds of a pair lay in time: those of twins have windows that span the time of both sides, and are compared with
-- nothing but each other. Null: of a run by itself, or one that was measured before there were twins to be told apart.

ALTER TABLE runs
    ADD COLUMN arrangement text CHECK (arrangement IN ('turns', 'twins')),
    ADD CONSTRAINT runs_arranged_in_pairs CHECK (arrangement IS NULL OR pair_of IS NOT NULL);

COMMENT ON COLUMN runs.arrangement IS 'Of a baseline that was measured in pairs, and so of its candidate.';
