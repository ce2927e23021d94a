-- Under which conditions a run was measured. A document: it is shown, and nothing is looked up by it.
ALTER TABLE runs ADD COLUMN conditions jsonb CHECK (jsonb_typeof(conditions) = 'object');

COMMENT ON COLUMN runs.conditions IS 'The host''s settings and state at start and end, engine, images, placement, every command; null: not recorded.';
