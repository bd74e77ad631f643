-- Times are microseconds since 1970. What may hold personal data is a BLOB that begins with a byte that says how it is kept.

CREATE TABLE cases (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  environment TEXT NOT NULL,
  title BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  state TEXT NOT NULL,
  due_us INTEGER,
  status TEXT NOT NULL,
  version INTEGER NOT NULL,
  owner TEXT,
  stirred INTEGER NOT NULL,
  opened_us INTEGER NOT NULL,
  changed_us INTEGER NOT NULL,
  CHECK (state IN ('due', 'waiting', 'settled')),
  CHECK ((state = 'due') = (due_us IS NOT NULL))
) STRICT;
-- By owner: a claim must not walk past what the living own.
CREATE INDEX cases_due ON cases (environment, owner, due_us, seq) WHERE state = 'due';
CREATE INDEX cases_owner ON cases (owner) WHERE owner IS NOT NULL;
CREATE INDEX cases_stirred ON cases (owner) WHERE stirred = 1;
CREATE INDEX cases_standing ON cases (environment, kind, state, status);

-- Apart from the cases, whose rows are written with every record.
CREATE TABLE contents (
  case_id TEXT PRIMARY KEY NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  content BLOB NOT NULL
) STRICT;

CREATE TABLE records (
  case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  worker TEXT,
  kind TEXT NOT NULL,
  until_us INTEGER,
  attempt INTEGER,
  look_n INTEGER,
  look_id TEXT,
  korrelasjonsid TEXT,
  payload BLOB NOT NULL,
  PRIMARY KEY (case_id, n),
  CHECK (kind IN ('ask', 'intent', 'answer', 'look')),
  CHECK ((kind = 'intent') = (until_us IS NOT NULL)),
  CHECK ((kind = 'answer') = (attempt IS NOT NULL)),
  CHECK ((kind = 'look') = (look_n IS NOT NULL AND look_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX records_answers ON records (case_id, attempt) WHERE kind = 'answer';
CREATE UNIQUE INDEX records_looks ON records (case_id, look_id) WHERE kind = 'look';

CREATE TABLE keys (
  key BLOB PRIMARY KEY NOT NULL,
  case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  until_us INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_of_case ON keys (case_id);

CREATE TABLE workers (
  id TEXT PRIMARY KEY NOT NULL,
  alive_until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often something was asked or opened, for other processes that wait for it.
CREATE TABLE stirs (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  n INTEGER NOT NULL
) STRICT;
INSERT INTO stirs (one, n) VALUES (1, 0);
