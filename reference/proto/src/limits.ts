// Lengths that the wire format fixes.

/** Bytes of an Ed25519 public key (spec: KP-001). */
export const IDENTITY_KEY_LEN = 32;
/** Bytes of a KeyPackage's SHA-256 (spec: KP-004). */
export const FINGERPRINT_LEN = 32;
/** Bytes of a channel id (spec: CH-001). */
export const CHANNEL_ID_LEN = 16;
/** Bytes of a hybrid public key: X25519 public key (32) | ML-KEM-768 encapsulation key (1184). */
export const HYBRID_PUBLIC_KEY_LEN = 1216;
/** Bytes of a device id at most (spec: AUTH-015). */
export const MAX_DEVICE_ID_LEN = 64;

// Default limits. A server may have others of its own (spec: DS, KP).

/** Bytes of a KeyPackage, at most. */
export const MAX_PACKAGE_LEN = 1024 * 1024;
/** Bytes of a queued payload, at most. */
export const MAX_PAYLOAD_LEN = 5 * 1024 * 1024;
/** Messages that wait in a queue, at most. */
export const MAX_QUEUE_MESSAGES = 10_000;
/** Bytes of the payloads that wait in a queue, at most. */
export const MAX_QUEUE_BYTES = 256 * 1024 * 1024;
/** Payload bytes in one answer of fetch, fetchWait or peek; one message always fits. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** The longest a fetchWait waits, in milliseconds, whatever it asks for. */
export const MAX_FETCH_WAIT_MS = 60_000;

/** Recipients of a batchEnqueue, keys of a fetchHybridKeys. */
export const MAX_BATCH = 256;
/** Bytes that publishEndpoint takes. */
export const MAX_NODE_ADDR_LEN = 4096;

// Lengths of OPAQUE with ristretto255-SHA512 (RFC 9807; spec: OPQ).

/** Bytes of a RegistrationRequest. */
export const OPAQUE_REQUEST_LEN = 32;
/** Bytes of a RegistrationRecord. */
export const OPAQUE_RECORD_LEN = 192;
/** Bytes of KE1, the first message of a login. */
export const OPAQUE_KE1_LEN = 96;
/** Bytes of KE3, the last message of a login. */
export const OPAQUE_KE3_LEN = 64;

/** Wire version of the delivery methods. */
export const WIRE_VERSION = 1;
/** `Auth.version` of a call without a token. */
export const AUTH_VERSION_NONE = 0;
/** `Auth.version` of a call with a bearer token. */
export const AUTH_VERSION_TOKEN = 1;

/** The ALPN protocol, alone in the list (spec: TRN). */
export const ALPN = 'capnp';
/** UDP port of the default listen address 0.0.0.0:7000. */
export const DEFAULT_PORT = 7000;
/** QUIC idle time-out in milliseconds. */
export const IDLE_TIMEOUT_MS = 30_000;
