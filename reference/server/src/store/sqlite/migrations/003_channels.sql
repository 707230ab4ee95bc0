-- Version 4: 1:1 channels.

CREATE TABLE channels (
  channel_id BLOB NOT NULL PRIMARY KEY,
  pair BLOB NOT NULL UNIQUE, -- both members, the smaller key first
  member_a BLOB NOT NULL,
  member_b BLOB NOT NULL
);
