-- The evidence of one run. Made for questions: open the file with sqlite3 and ask.
--   SELECT * FROM run;
--   SELECT phase, count(*), sum(violations > 0) FROM trials GROUP BY phase;
--   SELECT racer, name, reply, held_us FROM steps WHERE phase = 'forced' AND trial = 0;
-- `json` is the body of the event; json->>'$.warning' and the like reach into it.
-- All times are microseconds: `at_us` since the run began, the others since the trial began.

CREATE TABLE run (              -- exactly one row
  id TEXT NOT NULL, command TEXT, version TEXT, system TEXT, variant TEXT,
  spec TEXT, spec_digest TEXT,
  seed TEXT,                    -- text: a seed may be larger than SQLite's integers
  started TEXT,
  verdict TEXT, wall_ms INTEGER,  -- NULL: the run did not end
  lost INTEGER NOT NULL DEFAULT 0 -- events that could not be written
);
CREATE TABLE events (
  seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, kind TEXT NOT NULL,
  phase TEXT, trial INTEGER, json TEXT NOT NULL
);
CREATE TABLE recording (wire INTEGER NOT NULL, ordinal INTEGER NOT NULL, blob BLOB NOT NULL,
  PRIMARY KEY (wire, ordinal)) WITHOUT ROWID;
CREATE TABLE shapes (wire INTEGER NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (wire, id)) WITHOUT ROWID;

CREATE VIEW phases AS SELECT phase, at_us,
  json->>'$.violations.k' AS violations, json->>'$.violations.n' AS trials,
  json->>'$.interval[0]' AS low, json->>'$.interval[1]' AS high,
  json->>'$.enforced.k' AS enforced, json->>'$.took_ms' AS took_ms
  FROM events WHERE kind = 'phase_ended';

CREATE VIEW trials AS SELECT seq, phase, trial, at_us,
  json->>'$.took_us' AS took_us, json->>'$.enforced' AS enforced,
  json_array_length(json, '$.judgement.violations') AS violations,
  json_array_length(json, '$.judgement.undecided') AS undecided,
  json->>'$.judgement.violations[0].oracle' AS oracle,
  json->>'$.judgement.violations[0].saw' AS saw
  FROM events WHERE kind = 'trial_judged';

CREATE VIEW attempts AS SELECT e.seq, e.phase, e.trial,
  a.value->>'$.racer' AS racer, a.value->>'$.operation' AS operation,
  (a.value->>'$.lane') + 1 AS lane,
  a.value->>'$.sent_us' AS sent_us, a.value->>'$.ended_us' AS ended_us,
  CASE WHEN a.value->'$.outcome.answered' IS NOT NULL THEN 'answered'
       WHEN a.value->'$.outcome.not_sent' IS NOT NULL THEN 'not-sent'
       ELSE a.value->>'$.outcome.unknown' END AS outcome,
  a.value->>'$.outcome.answered.status' AS status,
  a.value->>'$.outcome.answered.body' AS body
  FROM events e, json_each(e.json, '$.history.attempts') a WHERE e.kind = 'trial_judged';

CREATE VIEW steps AS SELECT seq, phase, trial,
  json->>'$.racer' AS racer, (json->>'$.step.lane') + 1 AS lane, json->>'$.step.wire' AS wire,
  json->>'$.step.target' || ' ' || (json->>'$.step.verb')
    || coalesce(' ' || (json->>'$.step.effects[0].resource'), '') AS name,
  json->>'$.step.text' AS text, json->>'$.step.noise' AS noise,
  json->>'$.reply.kind' AS reply_kind, json->>'$.reply.value' AS reply,
  json->>'$.asked_us' AS asked_us, json->>'$.held_us' AS held_us,
  json->>'$.replied_us' AS replied_us
  FROM events WHERE kind = 'step_done';
