-- Times are microseconds since 1970. What may hold personal data is a BYTEA that begins with a byte that says how it is kept.

CREATE TABLE cases (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id TEXT COLLATE "C" NOT NULL UNIQUE,
  kind TEXT COLLATE "C" NOT NULL,
  environment TEXT COLLATE "C" NOT NULL,
  title BYTEA NOT NULL,
  fingerprint BYTEA NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  due_us BIGINT,
  status TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  owner TEXT COLLATE "C",
  stirred BOOLEAN NOT NULL,
  opened_us BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  CHECK (state IN ('due', 'waiting', 'settled')),
  CHECK ((state = 'due') = (due_us IS NOT NULL))
);
-- By owner: a claim must not walk past what the living own.
CREATE INDEX cases_due ON cases (environment, owner, due_us, seq) WHERE state = 'due';
CREATE INDEX cases_owner ON cases (owner) WHERE owner IS NOT NULL;
CREATE INDEX cases_stirred ON cases (owner) WHERE stirred;
CREATE INDEX cases_standing ON cases (environment, kind, state, status);

-- Apart from the cases, whose rows are written with every record.
CREATE TABLE contents (
  case_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  content BYTEA NOT NULL
);

CREATE TABLE records (
  case_id TEXT COLLATE "C" NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  n BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  worker TEXT COLLATE "C",
  kind TEXT COLLATE "C" NOT NULL,
  until_us BIGINT,
  attempt BIGINT,
  look_n BIGINT,
  look_id TEXT COLLATE "C",
  korrelasjonsid TEXT COLLATE "C",
  payload BYTEA NOT NULL,
  PRIMARY KEY (case_id, n),
  CHECK (kind IN ('ask', 'intent', 'answer', 'look')),
  CHECK ((kind = 'intent') = (until_us IS NOT NULL)),
  CHECK ((kind = 'answer') = (attempt IS NOT NULL)),
  CHECK ((kind = 'look') = (look_n IS NOT NULL AND look_id IS NOT NULL))
);
CREATE UNIQUE INDEX records_answers ON records (case_id, attempt) WHERE kind = 'answer';
CREATE UNIQUE INDEX records_looks ON records (case_id, look_id) WHERE kind = 'look';

CREATE TABLE keys (
  key BYTEA PRIMARY KEY NOT NULL,
  case_id TEXT COLLATE "C" NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  until_us BIGINT
);
CREATE INDEX keys_of_case ON keys (case_id);

CREATE TABLE workers (
  id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
  alive_until_us BIGINT NOT NULL
);

-- Calls that are made at a time, over all machines. A call has one of the five slots of its API, and an upload one of three more as well.
CREATE TABLE slots (
  environment TEXT COLLATE "C" NOT NULL,
  api TEXT COLLATE "C" NOT NULL,
  organisation TEXT COLLATE "C" NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  n SMALLINT NOT NULL,
  holder TEXT COLLATE "C",
  until_us BIGINT NOT NULL,
  PRIMARY KEY (environment, api, organisation, class, n),
  CHECK (class IN ('call', 'upload'))
) WITH (fillfactor = 50);

-- Who waits for one.
CREATE TABLE slot_waiters (
  environment TEXT COLLATE "C" NOT NULL,
  api TEXT COLLATE "C" NOT NULL,
  organisation TEXT COLLATE "C" NOT NULL,
  holder TEXT COLLATE "C" NOT NULL,
  until_us BIGINT NOT NULL,
  PRIMARY KEY (environment, api, organisation, holder)
);
