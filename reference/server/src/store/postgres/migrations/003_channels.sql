-- Version 4: 1:1 channels.

CREATE TABLE channels (
  channel_id BYTEA NOT NULL PRIMARY KEY,
  pair BYTEA NOT NULL UNIQUE, -- both members, the smaller key first
  member_a BYTEA NOT NULL,
  member_b BYTEA NOT NULL
);
