-- A further kind of job: `runs requery` asks kept samples new questions, in its turn like everybody else on a host.
ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check
    CHECK (kind IN ('new-test', 'new-master', 'experiment', 'requery'));
