-- Version 3: each queue counts its messages; their numbers last when the queue is drained.

CREATE TABLE queues (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel_id BLOB NOT NULL, -- empty: the recipient's default queue
  recipient_key BLOB NOT NULL,
  next_seq INTEGER NOT NULL,
  messages INTEGER NOT NULL, -- in the queue now
  bytes INTEGER NOT NULL, -- of their payloads
  UNIQUE (channel_id, recipient_key)
);

INSERT INTO queues (channel_id, recipient_key, next_seq, messages, bytes)
SELECT channel_id, recipient_key, COUNT(*) + 1, COUNT(*), SUM(LENGTH(payload))
FROM deliveries GROUP BY channel_id, recipient_key ORDER BY MIN(id);

ALTER TABLE deliveries RENAME TO deliveries_1;
DROP INDEX deliveries_of_queue;

CREATE TABLE deliveries (
  queue_id INTEGER NOT NULL REFERENCES queues (id),
  seq INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (queue_id, seq)
);

INSERT INTO deliveries (queue_id, seq, payload)
SELECT queues.id, ROW_NUMBER() OVER (PARTITION BY queues.id ORDER BY old.id), old.payload
FROM deliveries_1 AS old
JOIN queues ON queues.channel_id = old.channel_id AND queues.recipient_key = old.recipient_key;

DROP TABLE deliveries_1;
