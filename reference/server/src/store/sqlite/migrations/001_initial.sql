-- Version 1: KeyPackages, hybrid keys, endpoints, queued messages, accounts. Names are UTF-8.

CREATE TABLE key_packages (
  identity_key BLOB NOT NULL,
  position INTEGER NOT NULL, -- the least is handed out first
  package BLOB NOT NULL,
  PRIMARY KEY (identity_key, position)
);

CREATE TABLE hybrid_keys (
  identity_key BLOB NOT NULL PRIMARY KEY,
  hybrid_public_key BLOB NOT NULL
);

CREATE TABLE endpoints (
  identity_key BLOB NOT NULL PRIMARY KEY,
  node_addr BLOB NOT NULL
);

CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- order of arrival
  channel_id BLOB NOT NULL, -- empty: the recipient's default queue
  recipient_key BLOB NOT NULL,
  payload BLOB NOT NULL
);

CREATE INDEX deliveries_of_queue ON deliveries (channel_id, recipient_key, id);

CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username BLOB NOT NULL UNIQUE,
  identity_key BLOB NOT NULL UNIQUE,
  registration BLOB NOT NULL -- OPAQUE record
);

CREATE TABLE tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- order of making
  digest BLOB NOT NULL UNIQUE, -- SHA-256 of the token
  name BLOB NOT NULL,
  identity_key BLOB NOT NULL,
  device_id BLOB,
  expires_at_ms INTEGER -- since 1970; null: never
);

CREATE INDEX tokens_of_name ON tokens (name, id);
CREATE INDEX tokens_of_identity ON tokens (identity_key);

CREATE TABLE settings (
  name BLOB NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
);
