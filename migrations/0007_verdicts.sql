-- Verdicts on noisy machines: runs in pairs, pinned baselines, calibrations, what ratios are of.

ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check
    CHECK (kind IN ('new-test', 'new-master', 'experiment', 'requery', 'calibration'));
ALTER TABLE jobs ADD COLUMN compare text CHECK (compare IN ('stored', 'paired', 'auto'));

COMMENT ON COLUMN jobs.compare IS 'What it is compared with, in place of the benchmark''s choice.';

ALTER TABLE runs
    ADD COLUMN pair_of uuid REFERENCES runs,
    ADD CONSTRAINT runs_pair_of_a_candidate CHECK (pair_of IS NULL OR arm = 'baseline');
CREATE UNIQUE INDEX runs_one_pair ON runs (pair_of) WHERE pair_of IS NOT NULL;

COMMENT ON COLUMN runs.pair_of IS 'Of a baseline that was measured in pairs: the candidate''s run. Rounds of the same number are a pair.';
COMMENT ON COLUMN runs.planned_rounds IS 'Of a run in pairs the most, until it is complete: then as many as were measured.';

ALTER TABLE measurements
    ADD COLUMN total double precision CHECK (total >= 0 AND total < 'Infinity');

COMMENT ON COLUMN measurements.total IS 'Of a ratio: how many events it is of; null: not asked.';

-- Which revision candidates are compared with, until it is taken back; what was pinned before stays, for the record.
CREATE TABLE pins (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project     text NOT NULL,
    benchmark   text NOT NULL,
    revision    text NOT NULL,
    reason      text NOT NULL CHECK (reason <> ''),
    pinned_by   text NOT NULL,
    pinned_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    unpinned_by text,
    unpinned_at timestamptz,
    CONSTRAINT pins_taken_back_by_somebody CHECK (num_nonnulls(unpinned_by, unpinned_at) IN (0, 2))
);
CREATE UNIQUE INDEX pins_one_at_a_time ON pins (project, benchmark) WHERE unpinned_at IS NULL;

-- What noise a benchmark's series have on hosts of a class. The figures are a document: they are shown, and read as one.
CREATE TABLE calibrations (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project          text NOT NULL,
    benchmark        text NOT NULL,
    measurement_hash text NOT NULL,
    machine_class    text NOT NULL,
    run_id           uuid NOT NULL REFERENCES runs,
    measured_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    document         jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object')
);
CREATE INDEX calibrations_newest ON calibrations (project, benchmark, machine_class, measured_at DESC);
