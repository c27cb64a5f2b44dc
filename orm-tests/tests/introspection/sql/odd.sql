CREATE TABLE "options" (id INTEGER PRIMARY KEY, "self" TEXT, "type" TEXT NOT NULL, "2nd" TEXT, draft BOOLEAN NOT NULL DEFAULT 0,
    fooBar TEXT, foo_bar TEXT, anything, shape GEOMETRY, at DATETIME, kind VARCHAR(10) CHECK (kind <> ''),
    CHECK (length(kind) < 5), CHECK (fooBar <> foo_bar), CHECK (foo_bar <> "type"));
CREATE INDEX part ON options (kind) WHERE draft;
CREATE TABLE times (year INTEGER NOT NULL, month INTEGER NOT NULL, day DATE, PRIMARY KEY (year, month)) WITHOUT ROWID;
CREATE TABLE entries (id INTEGER PRIMARY KEY, month INTEGER NOT NULL, year INTEGER NOT NULL, half TEXT AS (substr(note, 1, 1)) STORED,
    note TEXT, draft_id TEXT REFERENCES options (id), owner TEXT NOT NULL REFERENCES users (name) ON UPDATE CASCADE,
    backup TEXT REFERENCES users (name) ON DELETE SET NULL, FOREIGN KEY (month, year) REFERENCES times (month, year) ON DELETE CASCADE);
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, draft_id INTEGER UNIQUE REFERENCES options (id));
CREATE TABLE follows (follower_id INTEGER NOT NULL REFERENCES users (id), followed_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (follower_id, followed_id));
CREATE INDEX followed ON follows (followed_id);
CREATE TABLE likes (user_id INTEGER NOT NULL REFERENCES users (id), entry_id INTEGER NOT NULL REFERENCES entries (id),
    PRIMARY KEY (user_id, entry_id));
CREATE TABLE bookmarks (user_id INTEGER NOT NULL REFERENCES users (id), entry_id INTEGER NOT NULL REFERENCES entries (id),
    UNIQUE (user_id, entry_id));
CREATE TABLE lines (entry_id INTEGER NOT NULL REFERENCES entries (id), number INTEGER NOT NULL, text TEXT NOT NULL DEFAULT 'it''s "x"',
    PRIMARY KEY (entry_id, number));
CREATE TABLE parts (id INTEGER PRIMARY KEY, line_entry_id INTEGER, line_number INTEGER, up_id INTEGER REFERENCES parts (id),
    FOREIGN KEY (line_entry_id, line_number) REFERENCES lines (entry_id, number));
CREATE TABLE log (text TEXT, user_id INTEGER REFERENCES users (id));
CREATE TABLE hidden (id INTEGER PRIMARY KEY);
CREATE TABLE shown (id INTEGER PRIMARY KEY, secret TEXT, hidden_id INTEGER REFERENCES hidden (id));
CREATE VIEW names AS SELECT name FROM users;
