-- Version 1: KeyPackages, hybrid keys, endpoints, queued messages, accounts. Names are UTF-8.

CREATE TABLE key_packages (
  identity_key BYTEA NOT NULL,
  position BIGINT NOT NULL, -- the least is handed out first
  package BYTEA NOT NULL,
  PRIMARY KEY (identity_key, position)
);

CREATE TABLE hybrid_keys (
  identity_key BYTEA NOT NULL PRIMARY KEY,
  hybrid_public_key BYTEA NOT NULL
);

CREATE TABLE endpoints (
  identity_key BYTEA NOT NULL PRIMARY KEY,
  node_addr BYTEA NOT NULL
);

CREATE TABLE deliveries (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- order of arrival
  channel_id BYTEA NOT NULL, -- empty: the recipient's default queue
  recipient_key BYTEA NOT NULL,
  payload BYTEA NOT NULL
);

CREATE INDEX deliveries_of_queue ON deliveries (channel_id, recipient_key, id);

CREATE TABLE users (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username BYTEA NOT NULL UNIQUE,
  identity_key BYTEA NOT NULL UNIQUE,
  registration BYTEA NOT NULL -- OPAQUE record
);

CREATE TABLE tokens (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- order of making
  digest BYTEA NOT NULL UNIQUE, -- SHA-256 of the token
  name BYTEA NOT NULL,
  identity_key BYTEA NOT NULL,
  device_id BYTEA,
  expires_at_ms BIGINT -- since 1970; null: never
);

CREATE INDEX tokens_of_name ON tokens (name, id);
CREATE INDEX tokens_of_identity ON tokens (identity_key);

CREATE TABLE settings (
  name BYTEA NOT NULL PRIMARY KEY,
  value BYTEA NOT NULL
);
