-- The queue and the results.
--
-- Two halves that meet in one column, jobs.run_id: the queue says who may measure on which host, the results say
-- what was measured. Constraints make impossible rows impossible: each state carries exactly its own columns.
-- All times are the database's (clock_timestamp(), not now(): a transaction that waited for a lock began in the past).

-- Which containers, networks and volumes are ours: the label `loadmark.instance`. Exactly one row.
CREATE TABLE instance (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id       uuid NOT NULL
);

-- The queue ------------------------------------------------------------------------------------------------------

-- One row a host, locked while it is decided whose turn it is there. Who holds the slot is said in one place only:
-- the running job of that host, of which the index `jobs_one_running_per_host` allows one.
CREATE TABLE slots (
    host text PRIMARY KEY
);

CREATE TABLE jobs (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The request; never changes.
    kind                text NOT NULL CHECK (kind IN ('new-test', 'new-master', 'experiment')),
    project             text NOT NULL,
    benchmark           text NOT NULL,
    revision            text NOT NULL,
    asked_as            text NOT NULL,
    base                text,
    enqueued_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Where it stands.
    state               text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'finished')),
    attempts            integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    token               bigint NOT NULL DEFAULT 0 CHECK (token >= attempts),
    -- Queued, and a live command waits for its turn.
    awaited_host        text,
    awaited_until       timestamptz,
    -- Running.
    host                text REFERENCES slots,
    worker              uuid,
    claimed_at          timestamptz,
    lease_until         timestamptz,
    cancel_requested_at timestamptz,
    -- Finished.
    outcome             text,
    detail              text,
    finished_at         timestamptz,
    -- The run of the last attempt that stored one.
    run_id              uuid,

    CONSTRAINT jobs_awaited_only_while_queued CHECK (
        num_nonnulls(awaited_host, awaited_until) IN (0, 2) AND (state = 'queued' OR awaited_host IS NULL)),
    CONSTRAINT jobs_running_carries_its_lease CHECK (
        num_nonnulls(host, worker, claimed_at, lease_until) = CASE WHEN state = 'running' THEN 4 ELSE 0 END
        AND (state <> 'running' OR attempts > 0)
        AND (state = 'running' OR cancel_requested_at IS NULL)),
    CONSTRAINT jobs_finished_carries_its_outcome CHECK (
        num_nonnulls(outcome, finished_at) = CASE WHEN state = 'finished' THEN 2 ELSE 0 END
        AND (state = 'finished' OR detail IS NULL))
);

COMMENT ON COLUMN jobs.attempts IS 'Attempts spent: claims that were not given back.';
COMMENT ON COLUMN jobs.token IS 'Fencing token of the last claim; grows with each, and a write under an older one is refused.';
COMMENT ON COLUMN jobs.awaited_until IS 'A waiting command moves it on at each try; once past, the job is passed over.';
COMMENT ON COLUMN jobs.worker IS 'The process that claimed; fresh at each start, so a restarted one never adopts a lease.';
COMMENT ON COLUMN jobs.cancel_requested_at IS 'The holder sees it at its next heartbeat, takes its stack down, and finishes the job.';

CREATE UNIQUE INDEX jobs_one_running_per_host ON jobs (host) WHERE state = 'running';
CREATE INDEX jobs_open ON jobs (state, id) WHERE state <> 'finished';

-- Wakes everybody who waits for a turn, or holds one and should hear of a cancellation. Heartbeats change no column
-- that is named here, so they wake nobody.
CREATE FUNCTION notify_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('loadmark_queue', NEW.id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER jobs_notify_queue AFTER INSERT OR UPDATE OF state, cancel_requested_at ON jobs
    FOR EACH ROW EXECUTE FUNCTION notify_queue();

-- The results ----------------------------------------------------------------------------------------------------

-- Configurations repeat from run to run: stored once, by the SHA-256 of their text.
CREATE TABLE configurations (
    hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
    text text NOT NULL
);

-- Facts of hosts that move measurements, stored once for each distinct record.
CREATE TABLE machines (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host           text NOT NULL,
    cpu_model      text NOT NULL,
    cores          integer NOT NULL CHECK (cores > 0),
    memory_gib     integer NOT NULL CHECK (memory_gib >= 0),
    kernel         text NOT NULL,
    cgroup_version smallint NOT NULL CHECK (cgroup_version IN (1, 2)),
    engine         text NOT NULL,
    UNIQUE (host, cpu_model, cores, memory_gib, kernel, cgroup_version, engine)
);

CREATE TABLE runs (
    id                 uuid PRIMARY KEY,
    job_id             bigint NOT NULL REFERENCES jobs,
    token              bigint NOT NULL,
    project            text NOT NULL,
    benchmark          text NOT NULL,
    revision           text NOT NULL,
    arm                text NOT NULL CHECK (arm IN ('baseline', 'candidate')),
    is_master          boolean NOT NULL,
    measurement_hash   text NOT NULL,
    configuration_hash text NOT NULL REFERENCES configurations,
    machine_id         bigint NOT NULL REFERENCES machines,
    machine_class      text NOT NULL,
    planned_rounds     smallint NOT NULL CHECK (planned_rounds > 0),
    started_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    state              text NOT NULL DEFAULT 'partial' CHECK (state IN ('partial', 'complete', 'invalidated')),
    completed_at       timestamptz,
    invalidated_at     timestamptz,
    invalidated_by     text,
    invalidated_reason text,

    CONSTRAINT runs_completed_unless_partial CHECK ((state = 'partial') = (completed_at IS NULL)),
    CONSTRAINT runs_invalidated_with_its_reason CHECK (
        num_nonnulls(invalidated_at, invalidated_by, invalidated_reason)
            = CASE WHEN state = 'invalidated' THEN 3 ELSE 0 END),
    UNIQUE (id, arm)
);

COMMENT ON COLUMN runs.token IS 'The claim under which it runs: a later attempt of the same job makes a run of its own.';
COMMENT ON COLUMN runs.state IS 'Partial until as many rounds are stored as were planned; a partial run is never compared.';

CREATE INDEX runs_of_a_revision ON runs (project, benchmark, revision, started_at DESC);
CREATE INDEX runs_by_start ON runs (started_at DESC);
CREATE INDEX runs_of_a_job ON runs (job_id);

ALTER TABLE jobs ADD FOREIGN KEY (run_id) REFERENCES runs;

CREATE TABLE rounds (
    run_id     uuid NOT NULL,
    number     smallint NOT NULL CHECK (number > 0),
    arm        text NOT NULL,
    windows    jsonb NOT NULL,
    load       json NOT NULL,
    steps      jsonb NOT NULL,
    raw_path   text NOT NULL,
    raw_bytes  bigint NOT NULL CHECK (raw_bytes >= 0),
    raw_sha256 text NOT NULL CHECK (raw_sha256 ~ '^[0-9a-f]{64}$'),
    invalid    text,
    stored_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, number, arm),
    FOREIGN KEY (run_id, arm) REFERENCES runs (id, arm)
);

COMMENT ON COLUMN rounds.load IS 'The generator''s record. json, not jsonb: kept as it was written, and a request''s body may hold \u0000.';
COMMENT ON COLUMN rounds.raw_path IS 'The TSDB snapshot of the round''s Prometheus, relative to the data folder.';
COMMENT ON COLUMN rounds.invalid IS 'Why the round can''t be trusted; null: it can.';

-- What a query answers for one label set in one stage of the plan, stored once, so that measurements stay narrow.
-- A query whose unit or direction changed makes a series of its own: its old values keep the unit they were taken in.
CREATE TABLE series (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project   text NOT NULL,
    benchmark text NOT NULL,
    query     text NOT NULL,
    labels    jsonb NOT NULL CHECK (jsonb_typeof(labels) = 'object'),
    stage     smallint NOT NULL CHECK (stage >= 0),
    unit      text NOT NULL,
    direction text NOT NULL,
    -- A digest of what was asked: an edited query is another series under the same name.
    definition text NOT NULL
);

-- A digest of the labels: an index entry has to fit a third of a page, and a label may hold a whole URL.
CREATE UNIQUE INDEX series_once ON series (project, benchmark, query, stage, md5(labels::text), unit, direction, definition);

CREATE TABLE measurements (
    run_id    uuid NOT NULL,
    round     smallint NOT NULL,
    arm       text NOT NULL,
    series_id bigint NOT NULL REFERENCES series,
    value     double precision NOT NULL CHECK (value NOT IN ('NaN', 'Infinity', '-Infinity')),
    PRIMARY KEY (run_id, round, arm, series_id),
    FOREIGN KEY (run_id, round, arm) REFERENCES rounds
);

-- The history of a series reads its values over all runs.
CREATE INDEX measurements_of_a_series ON measurements (series_id);

-- Queries that gave nothing usable in a round, and why. A query may fail more than once a stage, by quantile.
CREATE TABLE missing_data (
    run_id  uuid NOT NULL,
    round   smallint NOT NULL,
    arm     text NOT NULL,
    ordinal integer NOT NULL,
    query   text NOT NULL,
    stage   smallint NOT NULL CHECK (stage >= 0),
    reason  text NOT NULL,
    PRIMARY KEY (run_id, round, arm, ordinal),
    FOREIGN KEY (run_id, round, arm) REFERENCES rounds
);
