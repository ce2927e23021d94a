-- The job manager: jobs that any worker may take, the webhook's inbox, approvals, and what stands on GitHub.

-- The queue ------------------------------------------------------------------------------------------------------

ALTER TABLE jobs
    -- The request.
    ADD COLUMN pull       integer CHECK (pull > 0),
    ADD COLUMN rounds     smallint CHECK (rounds BETWEEN 1 AND 100),
    -- The terms.
    ADD COLUMN served     boolean NOT NULL DEFAULT false,
    ADD COLUMN priority   smallint NOT NULL DEFAULT 20 CHECK (priority IN (0, 10, 20, 30)),
    ADD COLUMN ask        text NOT NULL DEFAULT '',
    ADD COLUMN asked_by   text NOT NULL DEFAULT '',
    ADD COLUMN after_job  bigint REFERENCES jobs,
    ADD COLUMN not_before timestamptz,
    -- Where it stands.
    ADD COLUMN slot       smallint CHECK (slot >= 0),
    ADD COLUMN cancel_as  text CHECK (cancel_as IN ('cancelled', 'superseded')),
    ADD COLUMN phase      text,
    ADD COLUMN last_error text;

UPDATE jobs SET slot = 0 WHERE state = 'running';
UPDATE jobs SET cancel_as = 'cancelled' WHERE cancel_requested_at IS NOT NULL;

ALTER TABLE jobs
    DROP CONSTRAINT jobs_running_carries_its_lease,
    ADD CONSTRAINT jobs_running_carries_its_lease CHECK (
        num_nonnulls(host, slot, worker, claimed_at, lease_until) = CASE WHEN state = 'running' THEN 5 ELSE 0 END
        AND (state <> 'running' OR attempts > 0)
        AND num_nonnulls(cancel_requested_at, cancel_as) IN (0, 2)
        AND (state = 'running' OR (cancel_requested_at IS NULL AND phase IS NULL))),
    ADD CONSTRAINT jobs_not_before_only_while_queued CHECK (state = 'queued' OR not_before IS NULL),
    -- A pull request's job is always for a test, and commands have neither pull request nor ask.
    ADD CONSTRAINT jobs_pull_only_of_tests CHECK (pull IS NULL OR kind = 'new-test'),
    ADD CONSTRAINT jobs_terms_only_where_served CHECK (served OR (pull IS NULL AND ask = '' AND after_job IS NULL));

COMMENT ON COLUMN jobs.served IS 'Any worker may take it; else only the command that asked, while it waits.';
COMMENT ON COLUMN jobs.ask IS 'Tells one asking for the same from another; the automatic one has none.';
COMMENT ON COLUMN jobs.after_job IS 'Not claimed before this job ended, however it ended.';
COMMENT ON COLUMN jobs.not_before IS 'A failure of ours is waited out, longer each time.';
COMMENT ON COLUMN jobs.slot IS 'Which of its host''s slots it holds, from 0; hosts with a concurrency of one have only that.';
COMMENT ON COLUMN jobs.cancel_as IS 'The outcome of a job that its holder is asked to end.';
COMMENT ON COLUMN jobs.phase IS 'What it is doing, for people: a step, with round and rounds.';
COMMENT ON COLUMN jobs.last_error IS 'Why its attempts failed, each with its number; once it is given up, its detail says so.';

DROP INDEX jobs_one_running_per_host;
CREATE UNIQUE INDEX jobs_one_running_per_slot ON jobs (host, slot) WHERE state = 'running';
-- Asked twice, it is one job.
CREATE UNIQUE INDEX jobs_asked_once ON jobs (project, benchmark, kind, revision, coalesce(pull, 0), ask) WHERE served;
-- The order in which workers take the jobs of a project, so that a claim costs the same however many wait: those that
-- nothing holds back; those that wait a failure out; those behind another job.
CREATE INDEX jobs_next ON jobs (project, priority DESC, id)
    WHERE state = 'queued' AND served AND not_before IS NULL AND after_job IS NULL;
CREATE INDEX jobs_later ON jobs (project, priority DESC, id, not_before)
    WHERE state = 'queued' AND served AND not_before IS NOT NULL;
CREATE INDEX jobs_behind ON jobs (after_job, project, priority DESC, id)
    WHERE state = 'queued' AND served AND not_before IS NULL AND after_job IS NOT NULL;
-- The commands that wait on a host.
CREATE INDEX jobs_awaited ON jobs (awaited_host) WHERE awaited_host IS NOT NULL;
-- What people look at: what waits, in the order of its turn, and what ended last.
CREATE INDEX jobs_waiting ON jobs (priority DESC, id) INCLUDE (served) WHERE state = 'queued';
CREATE INDEX jobs_over ON jobs (finished_at DESC, id DESC) WHERE state = 'finished';
CREATE INDEX jobs_of_a_pull ON jobs (project, pull, id) WHERE pull IS NOT NULL;

-- Processes that take served jobs, as long as they are heard of: a command waits behind such jobs only where somebody
-- is there to take them.
CREATE TABLE workers (
    id         uuid PRIMARY KEY,
    host       text NOT NULL,
    projects   text[] NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_until timestamptz NOT NULL
);
CREATE INDEX workers_of_a_host ON workers (host, seen_until);

-- What a job came to, as reports are made from it: written with its end, in one transaction.
CREATE TABLE results (
    job_id    bigint PRIMARY KEY REFERENCES jobs,
    token     bigint NOT NULL,
    document  jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The webhook's inbox --------------------------------------------------------------------------------------------

-- Committed before GitHub gets its 200; acted upon afterwards, as often as it takes.
CREATE TABLE deliveries (
    id          text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 100),
    number      bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name        text NOT NULL,
    repository  text,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    document    json NOT NULL,
    tries       integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    unreported  integer NOT NULL DEFAULT 0 CHECK (unreported >= 0),
    try_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    handled_at  timestamptz,
    outcome     text,
    CONSTRAINT deliveries_handled_with_an_outcome CHECK ((handled_at IS NULL) = (outcome IS NULL))
);

COMMENT ON COLUMN deliveries.document IS 'The event as we read it. json, not jsonb: a comment may hold \u0000.';
COMMENT ON COLUMN deliveries.unreported IS 'How often in a row it was taken up and nobody told what became of it.';
COMMENT ON COLUMN deliveries.try_at IS 'Not acted upon before: somebody is at it until then, or a failure is waited out.';
COMMENT ON COLUMN deliveries.outcome IS 'What it came to, for people: the jobs it started, or why none.';

CREATE INDEX deliveries_open ON deliveries (try_at, number) WHERE handled_at IS NULL;

-- Trust ----------------------------------------------------------------------------------------------------------

-- A commit from outside the repository that somebody with write permission let run, or pushed. Never of a branch: a push makes another commit.
CREATE TABLE approvals (
    project     text NOT NULL,
    pull        integer NOT NULL CHECK (pull > 0),
    revision    text NOT NULL,
    approved_by text NOT NULL,
    way         text NOT NULL CHECK (way IN ('comment', 'label', 'button', 'push')),
    approved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (project, pull, revision)
);

-- What stands on GitHub --------------------------------------------------------------------------------------------

-- A place each: the check of a benchmark at a commit, the comment of a pull request, the issue of a benchmark.
CREATE TABLE notices (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project    text NOT NULL,
    place      text NOT NULL CHECK (place IN ('check', 'comment', 'issue')),
    pull       integer NOT NULL DEFAULT 0 CHECK (pull >= 0),
    revision   text NOT NULL DEFAULT '',
    benchmark  text NOT NULL DEFAULT '',
    held       text,
    held_as    text CHECK (held_as IN ('unapproved', 'ignored', 'not-asked')),
    answer     json,
    change     bigint NOT NULL DEFAULT 1,
    written    bigint NOT NULL DEFAULT 0,
    digest     text,
    github_id  bigint,
    tries      integer NOT NULL DEFAULT 0,
    try_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    busy_until timestamptz NOT NULL DEFAULT '-infinity',
    last_error text,
    UNIQUE (project, place, pull, revision, benchmark),
    CONSTRAINT notices_have_what_their_place_needs CHECK (
        (revision <> '') = (place = 'check') AND (benchmark <> '') = (place <> 'comment')
        AND (place <> 'comment' OR pull > 0) AND (place <> 'issue' OR pull = 0)
        AND num_nonnulls(held, held_as) IN (0, 2) AND (place = 'check' OR held IS NULL)
        AND (place = 'comment' OR answer IS NULL))
);

COMMENT ON COLUMN notices.pull IS '0: of no pull request.';
COMMENT ON COLUMN notices.held IS 'Why the commit is not measured, for people; null once there is a job for it.';
COMMENT ON COLUMN notices.answer IS 'What the comment answers to the last command that needs words.';
COMMENT ON COLUMN notices.change IS 'Grows whenever what it tells of changes.';
COMMENT ON COLUMN notices.written IS 'The change up to which it is written; due while that is less.';
COMMENT ON COLUMN notices.try_at IS 'Not written before: a failure is waited out.';
COMMENT ON COLUMN notices.busy_until IS 'Somebody writes it, and has until then; nobody else does meanwhile.';

CREATE INDEX notices_due ON notices (try_at, id) WHERE written < change;

-- Whatever is done to a served job, its notices become due in the same transaction: no crash can come between.
-- The comment goes first: who changes several jobs of a pull request locks it before any check, and nobody waits in a
-- circle. A mere change of phase waits until the notice may be written again, and everything else is told at once.
CREATE FUNCTION due_notices() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_step boolean := CASE TG_OP WHEN 'UPDATE' THEN
        OLD.state = NEW.state AND OLD.cancel_requested_at IS NOT DISTINCT FROM NEW.cancel_requested_at
        ELSE false END;
BEGIN
    IF NEW.pull IS NOT NULL THEN
        INSERT INTO notices AS n (project, place, pull) VALUES (NEW.project, 'comment', NEW.pull)
        ON CONFLICT (project, place, pull, revision, benchmark)
            DO UPDATE SET change = n.change + 1,
                          tries = CASE WHEN is_step THEN n.tries ELSE 0 END,
                          try_at = CASE WHEN is_step THEN n.try_at ELSE least(n.try_at, clock_timestamp()) END;
    END IF;
    INSERT INTO notices AS n (project, place, pull, revision, benchmark)
    VALUES (NEW.project, 'check', coalesce(NEW.pull, 0), NEW.revision, NEW.benchmark)
    ON CONFLICT (project, place, pull, revision, benchmark)
        DO UPDATE SET change = n.change + 1, held = NULL, held_as = NULL,
                      tries = CASE WHEN is_step THEN n.tries ELSE 0 END,
                      try_at = CASE WHEN is_step THEN n.try_at ELSE least(n.try_at, clock_timestamp()) END;
    RETURN NULL;
END $$;

CREATE TRIGGER jobs_due_notices AFTER INSERT OR UPDATE OF state, phase, cancel_requested_at ON jobs
    FOR EACH ROW WHEN (NEW.served AND NEW.kind IN ('new-test', 'new-master')) EXECUTE FUNCTION due_notices();

-- Waking, as the queue does; the payload says nothing, who is woken looks. Deliveries wake nobody from here: a
-- notification makes commits wait for one another, and webhooks come in bursts.
CREATE FUNCTION notify_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('loadmark_notices', '');
    RETURN NULL;
END $$;
CREATE TRIGGER notices_notify AFTER INSERT OR UPDATE OF change ON notices
    FOR EACH ROW EXECUTE FUNCTION notify_notices();

-- Where catching up stands: GitHub's deliveries before these were looked at.
CREATE TABLE catch_up (
    source    text PRIMARY KEY,
    seen_upto text NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
