-- Validity: what a round's rejected attempts were rejected for, what is noted of a valid round, and how finely the
-- service's histograms resolve a quantile.

ALTER TABLE rounds
    ADD COLUMN rejected jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(rejected) = 'array'),
    ADD COLUMN notes jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(notes) = 'array');

COMMENT ON COLUMN rounds.rejected IS 'Texts: why each attempt before this one was invalid, the first first.';
COMMENT ON COLUMN rounds.notes IS 'Texts: what to know of the round, though it is valid.';

ALTER TABLE measurements
    ADD COLUMN bucket_lower double precision,
    ADD COLUMN bucket_upper double precision,
    ADD CONSTRAINT measurements_bucket_is_one CHECK (
        (bucket_lower IS NULL AND bucket_upper IS NULL)
        OR (bucket_lower NOT IN ('NaN', 'Infinity', '-Infinity')
            AND (bucket_upper IS NULL OR (bucket_upper > bucket_lower AND bucket_upper < 'Infinity'))));

COMMENT ON COLUMN measurements.bucket_lower IS 'Of a quantile of a classic histogram: the lower bound of the bucket in which it lies.';
COMMENT ON COLUMN measurements.bucket_upper IS 'Its upper bound; null beside a lower one: it is the last bucket, which has none.';
