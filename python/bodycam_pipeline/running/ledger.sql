-- What is to be done, who is at it, and what was done. Times are Unix seconds. Schema 3.

CREATE TABLE fence (token INTEGER NOT NULL) STRICT;     -- one row; only ever grows: a higher token is a later lease
INSERT INTO fence VALUES (0);

-- A job's specification, as JSON that the ledger does not read; thousands of jobs share one.
CREATE TABLE orders (sha256 TEXT PRIMARY KEY, spec TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- One row per batch or night: the history.
CREATE TABLE runs (
    id       INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    started  REAL NOT NULL,
    ended    REAL,
    summary  TEXT                                       -- the summary, as JSON
) STRICT;

CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY,
    asked       TEXT NOT NULL UNIQUE,                   -- the same file under the same order is asked for once
    address     TEXT NOT NULL,
    ordered     TEXT NOT NULL REFERENCES orders (sha256),
    request     TEXT,                                   -- the request's number at the agency
    due         TEXT,                                   -- ISO date
    since       REAL NOT NULL,                          -- the recording's age
    key         TEXT UNIQUE,                            -- the work by content; NULL until the recording was read
    same_as     INTEGER REFERENCES jobs (id),           -- another job whose work this is as well
    name        TEXT UNIQUE,                            -- of the release
    state       TEXT NOT NULL CHECK (state IN
        ('queued', 'leased', 'left aside', 'withheld', 'quarantined', 'needs review', 'published')),
    token       INTEGER,                                -- of the lease in force, NULL when nobody is at it
    why         TEXT NOT NULL DEFAULT '',
    frames      INTEGER,
    run         INTEGER REFERENCES runs (id),           -- the batch or night that last asked for it
    started     REAL,
    ended       REAL,
    CHECK ((state = 'leased') = (token IS NOT NULL)),
    CHECK (state != 'published' OR key IS NOT NULL OR same_as IS NOT NULL)
) STRICT;
CREATE INDEX fair ON jobs (run, due IS NULL, due, since, id) WHERE state = 'queued' AND same_as IS NULL;
CREATE INDEX of_run ON jobs (run, state);
CREATE INDEX followers ON jobs (same_as) WHERE same_as IS NOT NULL;

CREATE TABLE segments (
    job     INTEGER NOT NULL REFERENCES jobs (id),
    phase   TEXT NOT NULL,
    number  INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'done')),
    token   INTEGER,
    PRIMARY KEY (job, phase, number),
    CHECK ((state = 'leased') = (token IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- One row per try of a segment: the effort record. seconds is what the worker needed, NULL where it never answered.
CREATE TABLE attempts (
    token    INTEGER PRIMARY KEY,
    job      INTEGER NOT NULL REFERENCES jobs (id),
    phase    TEXT NOT NULL,
    number   INTEGER NOT NULL,
    started  REAL NOT NULL,
    ended    REAL,
    seconds  REAL,
    outcome  TEXT NOT NULL CHECK (outcome IN ('at work', 'done', 'again', 'refused', 'lost'))
) STRICT;
CREATE INDEX of_job ON attempts (job, phase);
CREATE UNIQUE INDEX at_work ON attempts (job, phase, number) WHERE outcome = 'at work';   -- one worker per segment
CREATE UNIQUE INDEX once ON attempts (job, phase, number) WHERE outcome = 'done';         -- and one result
