import type { Use, Workspace } from './model.ts';

/** What a rule may forbid, as the features call it. */
export const CAPABILITIES = [
  'cryptography',
  'input or output',
  'asynchronous code',
  'network',
  'command lines',
  'MLS',
  'listener',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Packages by name, with all below them: `@noble/*`, `clap*`. */
const packages = (kind: Workspace['kind'], names: string): RegExp => {
  const end = kind === 'npm' ? '(?:[/#]|$)' : '(?:::|$)';
  const patterns = names
    .trim()
    .split(/\s+/)
    .map((name) => name.replaceAll('-', kind === 'npm' ? '-' : '[-_]').replaceAll('*', '[\\w.-]*'));
  return new RegExp(`^(?:${patterns.join('|')})${end}`);
};

/** Names of node:net that touch no network. */
const PURE_NET = '(?!(?:isIP|isIPv4|isIPv6|BlockList|SocketAddress)?$)';

const NPM_NETWORK = [
  new RegExp(`^node:net#${PURE_NET}`),
  packages('npm', 'node:dgram node:tls node:http node:https node:http2 node:dns node:dns/promises'),
  packages('npm', 'ws undici axios got node-fetch cross-fetch superagent socket.io* express fastify koa hono @hono/*'),
  packages('npm', '@matrixai/quic @grpc/* libp2p @libp2p/*'),
  /^global:(?:fetch|WebSocket|XMLHttpRequest|EventSource)#/,
];

const NPM: Record<Capability, RegExp[]> = {
  cryptography: [
    /^(?:node:crypto#|global:crypto#)/,
    packages(
      'npm',
      '@noble/* @stablelib/* @hpke/* @serenity-kit/opaque @cloudflare/* @peculiar/* ts-mls hash-wasm openpgp',
    ),
    packages(
      'npm',
      'libsodium* sodium-* sodium tweetnacl* elliptic jose node-forge crypto-js bcrypt* argon2 @node-rs/* js-sha*',
    ),
  ],
  'input or output': [
    ...NPM_NETWORK,
    packages('npm', 'node:fs node:fs/promises node:child_process node:cluster node:worker_threads node:readline'),
    packages(
      'npm',
      'node:readline/promises node:repl node:sqlite node:tty node:process node:stream node:stream/promises',
    ),
    packages('npm', 'fs-extra graceful-fs pg libsql better-sqlite3 sqlite3 mysql2 level ioredis redis pino winston'),
    /^global:process#(?:stdin|stdout|stderr)/,
  ],
  'asynchronous code': [
    /^syntax:/,
    packages('npm', 'node:timers node:timers/promises rxjs p-limit p-queue'),
    /^global:(?:Promise|setTimeout|setInterval|setImmediate|queueMicrotask)#/,
  ],
  network: NPM_NETWORK,
  'command lines': [
    packages(
      'npm',
      'yargs yargs-parser commander minimist mri meow cac arg sade citty clipanion @oclif/* command-line-args',
    ),
    /^node:util#parseArgs$/,
    /^(?:global:process|node:process)#argv/,
  ],
  MLS: [packages('npm', 'ts-mls openmls* @openmls/* mls-rs* @wireapp/core-crypto'), /^@[\w-]+\/core#.*mls/i],
  listener: [
    /^node:(?:net|http|https|http2|tls)#(?:createServer|createSecureServer|Server)$/,
    /^ws#(?:WebSocketServer|Server)$/,
    /^[^#]*\/quic#(?:listen|serve|createServer|QuicServer|QUICServer)$/,
    packages('npm', 'express fastify koa @hono/node-server socket.io'),
  ],
};

/** Types of std::net that touch no network. */
const PURE_STD_NET = '(?!(?:IpAddr|Ipv4Addr|Ipv6Addr|SocketAddr|SocketAddrV4|SocketAddrV6|AddrParseError)(?:::|$))';

const CARGO_NETWORK = [
  new RegExp(`^std::net::${PURE_STD_NET}`),
  /^(?:std::os::unix::net|async_std::net|smol::net)(?:::|$)/,
  // Of tokio, what sends: channels and locks do not.
  /^tokio::(?:net|full)(?:::|$)/,
  packages(
    'Cargo',
    'quinn* quiche s2n-quic* reqwest hyper* ureq h3 tonic socket2 mio tungstenite tokio-tungstenite isahc',
  ),
  packages('Cargo', 'curl surf axum* warp actix-web rocket tiny_http libp2p* iroh* trust-dns* hickory* async-net'),
];

const CARGO: Record<Capability, RegExp[]> = {
  cryptography: [
    packages(
      'Cargo',
      'ring rustls* openssl* sha1 sha2 sha3 blake2 blake3 hmac hkdf aead aes* chacha20* *poly1305 ml-kem',
    ),
    packages(
      'Cargo',
      '*25519* *25519-dalek ed25519* x25519* p256 p384 k256 rsa ecdsa argon2 scrypt pbkdf2 opaque-ke snow',
    ),
    packages(
      'Cargo',
      'openmls* mls-rs* hpke* sodiumoxide libsodium* dryoc orion pqcrypto* kyber* md5 md-5 rcgen aws-lc-rs',
    ),
  ],
  'input or output': [
    ...CARGO_NETWORK,
    /^std::(?:fs|process)(?:::|$)/,
    /^std::io::(?:stdin|stdout|stderr|Stdin|Stdout|Stderr)(?:::|$)/,
    packages(
      'Cargo',
      'tokio async-std smol rusqlite sqlx* diesel* sled rocksdb redb tempfile fs-err walkdir memmap* libsql',
    ),
  ],
  'asynchronous code': [
    /^syntax:/,
    /^std::(?:future|task)(?:::|$)/,
    packages('Cargo', 'tokio* futures futures-* async-* smol capnp-futures pin-project* embassy*'),
  ],
  network: CARGO_NETWORK,
  'command lines': [
    packages('Cargo', 'clap* structopt* argh* pico-args lexopt bpaf* getopts docopt gumdrop'),
    /^std::env::(?:args|args_os|Args|ArgsOs)(?:::|$)/,
  ],
  MLS: [packages('Cargo', 'openmls* mls-rs* mls_rs*'), /^\w+_core::(?:.*::)?\w*mls\w*(?:::|$)/i],
  listener: [
    /^(?:std|tokio|async_std|smol|mio|async_net)::(?:.*::)?(?:TcpListener|UnixListener)(?:::|$)/,
    /^(?:quinn|rustls|s2n_quic)\w*::(?:.*::)?(?:ServerConfig|Server)(?:::|$)/,
    /^(?:quinn::)?Endpoint::server(?:_with_abstract_socket)?$/,
    packages('Cargo', 'axum* warp actix-web rocket tiny_http'),
  ],
};

/** Whether a use is of that kind. */
export function isUseOf(kind: Workspace['kind'], capability: Capability, { what, isGenerated }: Use): boolean {
  // What the schema compiler writes is its own affair: it has promises for interfaces that nobody calls here.
  if (isGenerated && capability === 'asynchronous code') return false;
  const patterns = (kind === 'npm' ? NPM : CARGO)[capability];
  return patterns.some((pattern) => pattern.test(what));
}

/** A use as people read it: `node:net (createServer)`. */
export function showUse({ what, isDeclared }: Use): string {
  if (what.startsWith('syntax:')) return `says \`${what.slice('syntax:'.length)}\``;
  const [module = '', name = ''] = what.split('#');
  if (module.startsWith('global:')) return `uses ${module.slice('global:'.length)}${name === '' ? '' : `.${name}`}`;
  const named = name === '' || name === '*' ? module : `${module} (${name})`;
  return isDeclared ? `declares ${named}` : `imports ${named}`;
}
