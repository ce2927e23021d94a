-- A master job ends at once where its set is stored already, unless it was asked to measure anew.

ALTER TABLE jobs
    ADD COLUMN force boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT jobs_only_masters_are_forced CHECK (NOT force OR kind = 'new-master');

COMMENT ON COLUMN jobs.force IS 'Measure, even if an equal set is stored.';
COMMENT ON COLUMN jobs.run_id IS 'The run of the last attempt that stored one; of a master job whose set was stored already, that run of an earlier job.';
