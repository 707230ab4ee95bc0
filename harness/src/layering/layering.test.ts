import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { loadFeatures, ROOT } from '../plan/features.ts';
import { runScenarios } from '../run/run.ts';
import { loadSpec } from '../spec/spec.ts';
import { DEFAULT_LIMITS } from '../target/limits.ts';

type Files = Record<string, string>;

const scratch = mkdtempSync(join(tmpdir(), 'layering-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const spec = loadSpec();
const scenarios = loadFeatures(spec, undefined, 'workspace');
let made = 0;

function write(files: Files): string {
  made += 1;
  const root = join(scratch, String(made));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Requirements that are broken, each with where: `LAY-006 a.ts:3`. */
async function broken(root: string): Promise<string[]> {
  const { results, faults } = await runScenarios({
    target: {
      ...{ lane: 0, addresses: [], accounts: [], noAccounts: undefined, mustRegister: false, isOpen: true },
      ...{ limits: DEFAULT_LIMITS, timeoutMs: 1_000, workspace: root },
    },
    scenarios,
    support: ['harness/steps/workspace/*.ts'],
    onResult: () => {},
  });
  assert.deepEqual(faults, []);
  const found = results
    .filter(({ status }) => status !== 'passed' && status !== 'skipped')
    .flatMap(({ scenario, exchange, reason }) =>
      reason === undefined ? exchange.map(({ who }) => `${scenario.requirement} ${who}`) : [reason],
    );
  return [...new Set(found)].sort();
}

const manifest = (name: string, dependencies: Record<string, string> = {}, more: object = {}): string =>
  JSON.stringify({ name: `@chat/${name}`, exports: './src/index.ts', dependencies, ...more }, null, 1);
const one = '*';
const DEVELOPMENT = { devDependencies: { '@chat/server': one } };

const NPM: Files = {
  'package.json': JSON.stringify({ name: 'root', workspaces: ['packages/*'], devDependencies: { vitest: '1' } }),
  'packages/proto/package.json': manifest('proto', { 'capnp-es': one }),
  'packages/proto/src/index.ts': `import { Message } from 'capnp-es';\nexport const read = (bytes: Uint8Array) => new Message(bytes);\n`,
  'packages/proto/src/generated/node.ts': '// generated\nexport const call = async () => await Promise.resolve(1);\n',
  'packages/proto/test/proto.ts': `import { readFileSync } from 'node:fs';\nimport { it } from 'vitest';\nit('reads', async () => void readFileSync('x'));\n`,
  'packages/core/package.json': manifest(
    'core',
    { '@chat/proto': one, 'ts-mls': one },
    {
      exports: { '.': './src/index.ts', './testing': './src/testing.ts' },
    },
  ),
  'packages/core/src/index.ts': `import { readFile } from 'fs/promises';\nimport { isIP } from 'node:net';\nimport { read } from '@chat/proto';\nexport const mlsGroup = async () => [read, readFile, isIP, await import('ts-mls')];\n`,
  'packages/core/src/testing.ts': 'export const seeded = 1;\n',
  'packages/server/package.json': manifest('server', { '@chat/proto': one, '@chat/helper': one, yargs: one }),
  'packages/server/src/index.ts': `import { createServer } from 'node:net';\nimport type yargs from 'yargs';\nimport { help } from '@chat/helper';\nexport const go = [createServer, help];\nexport type Y = typeof yargs;\n`,
  'packages/client/package.json': manifest(
    'client',
    { '@chat/core': one, '@chat/proto': one },
    {
      devDependencies: { '@chat/server': one },
    },
  ),
  'packages/client/src/index.ts': `import * as net from 'node:net';\nimport { mlsGroup } from '@chat/core';\nexport const connect = () => [net.connect(1), mlsGroup];\n`,
  'packages/client/src/client.test.ts': `import { go } from '@chat/server';\nimport { createServer } from 'node:http';\nimport { seeded } from '@chat/core/testing';\ncreateServer(() => [go, seeded]);\n`,
  'packages/helper/package.json': manifest('helper'),
  'packages/helper/src/index.ts': 'export const help = 1;\n',
  'packages/http-client/package.json': JSON.stringify({ name: 'http-client', dependencies: { '@chat/server': one } }),
};

const crate = (name: string, rest = ''): string => `[package]\nname = "chat-${name}"\nversion = "1.0.0"\n\n${rest}`;

const CARGO: Files = {
  'Cargo.toml': `[workspace]\nmembers = ["crates/*"]\n\n[workspace.dependencies]\nchat-proto = { path = "crates/proto" }\ntokio = { version = "1", features = ["sync"] }\n`,
  'crates/proto/Cargo.toml': crate(
    'proto',
    `[dependencies]\ncapnp = "0.20"\n\n[build-dependencies]\ncapnpc = "0.20"\n\n[dev-dependencies]\ntokio = "1"\n`,
  ),
  'crates/proto/build.rs': 'use std::fs;\nfn main() { std::process::Command::new("capnpc"); }\n',
  'crates/proto/src/lib.rs': `//! No async fn here, nor std::fs.\nuse std::io::Cursor;\npub mod codec;\npub fn name<'a>() -> &'a str { "tokio::net async fn" }\n#[cfg(test)]\nmod tests {\n    use std::fs;\n    #[tokio::test]\n    async fn reads() { fs::read("x").await; }\n}\n`,
  'crates/proto/src/codec.rs': "#[cfg(test)]\nmod tests;\npub const X: char = '\"';\n",
  'crates/proto/src/codec/tests.rs': 'use tokio::net::TcpStream;\n',
  'crates/proto/tests/all.rs': 'use std::net::TcpListener;\n',
  'crates/core/Cargo.toml': crate(
    'core',
    `[dependencies]\nchat-proto = { workspace = true }\nopenmls = "0.6"\ntokio = { workspace = true }\n`,
  ),
  'crates/core/src/lib.rs':
    'use chat_proto::name;\nuse std::net::{IpAddr, SocketAddr};\npub struct MlsGroup;\npub async fn go() { tokio::sync::Notify::new(); std::fs::read("x"); }\n',
  'crates/server/Cargo.toml': crate(
    'server',
    `[dependencies]\nchat-proto.workspace = true\nchat-core = { path = "../core" }\nquinn = "0.11"\nclap = "4"\n`,
  ),
  'crates/server/src/main.rs': 'use clap::Parser;\nuse chat_core::errors::Code;\nuse quinn::ServerConfig;\n',
  'crates/client/Cargo.toml': crate(
    'client',
    `[dependencies]\nchat-core = { path = "../core" }\nquinn = "0.11"\nclap = "4"\n\n[dev-dependencies]\nchat-server = { path = "../server" }\n`,
  ),
  'crates/client/src/main.rs':
    'use quinn::Endpoint;\nuse crate::config::ServerConfig;\nfn main() { Endpoint::client(addr); }\n',
  'crates/gui/Cargo.toml': crate('gui', `[dependencies]\nchat-client = { path = "../client" }\n`),
  'crates/gui/src/lib.rs': 'use chat_client as c;\n',
  'crates/bench-tools/Cargo.toml':
    '[package]\nname = "bench-tools"\n\n[dependencies]\nchat-server = { path = "../server" }\nchat-client = { path = "../client" }\n',
};

test('workspaces that are in order have no findings, whatever their tests and helpers do', async () => {
  assert.deepEqual(await broken(write(NPM)), []);
  assert.deepEqual(await broken(write(CARGO)), []);
});

test('this repository is in order', async () => {
  assert.deepEqual(await broken(ROOT), []);
});

const P = 'packages';
/** What is changed in the workspace of npm, and what is found then. */
const NPM_FAULTS: [string, Files, string[]][] = [
  [
    'proto declares core',
    { [`${P}/proto/package.json`]: manifest('proto', { '@chat/core': one, 'capnp-es': one }) },
    [`LAY-001 ${P}/proto/package.json:5`],
  ],
  [
    'proto imports a type of core',
    { [`${P}/proto/src/t.ts`]: `\nimport type { X } from '@chat/core';\n` },
    [`LAY-001 ${P}/proto/src/t.ts:2`, `LAY-019 ${P}/proto/src/t.ts:2`],
  ],
  [
    'core depends on server through a helper',
    {
      [`${P}/core/package.json`]: manifest(
        'core',
        { '@chat/helper': one, '@chat/proto': one, 'ts-mls': one },
        { exports: { '.': './src/index.ts', './testing': './t.ts' } },
      ),
      [`${P}/helper/package.json`]: manifest('helper', { '@chat/server': one }),
    },
    [`LAY-002 ${P}/helper/package.json:5`],
  ],
  [
    'server imports client by dynamic import',
    { [`${P}/server/src/x.ts`]: `export const x = () => import('@chat/client');\n` },
    [`LAY-003 ${P}/server/src/x.ts:1`, `LAY-019 ${P}/server/src/x.ts:1`],
  ],
  [
    'client exports from server',
    { [`${P}/client/src/x.ts`]: `export * from '@chat/server';\n` },
    [`LAY-003 ${P}/client/src/x.ts:1`, `LAY-019 ${P}/client/src/x.ts:1`],
  ],
  [
    'client imports a file of server',
    { [`${P}/client/src/x.ts`]: `import { go } from '../../server/src/store.ts';\ngo();\n` },
    [`LAY-003 ${P}/client/src/x.ts:1`, `LAY-013 ${P}/client/src/x.ts:1`, `LAY-017 ${P}/client/src/x.ts:1`],
  ],
  [
    'client depends on gui',
    { [`${P}/gui/package.json`]: manifest('gui'), [`${P}/client/src/x.ts`]: `import { x } from '@chat/gui';\nx();\n` },
    [`LAY-004 ${P}/client/src/x.ts:1`, `LAY-019 ${P}/client/src/x.ts:1`],
  ],
  [
    'p2p depends on server',
    { [`${P}/p2p/package.json`]: manifest('p2p', { '@chat/server': one }) },
    [`LAY-005 ${P}/p2p/package.json:5`],
  ],
  [
    'proto hashes',
    {
      [`${P}/proto/src/x.ts`]: `import { createHash } from 'crypto';\nexport const x = createHash;\n`,
    },
    [`LAY-006 ${P}/proto/src/x.ts:1`],
  ],
  [
    'proto uses WebCrypto',
    {
      [`${P}/proto/src/x.ts`]: 'export const x = globalThis.crypto.subtle;\nexport const y = crypto.getRandomValues;\n',
    },
    [`LAY-006 ${P}/proto/src/x.ts:1`, `LAY-006 ${P}/proto/src/x.ts:2`],
  ],
  [
    'proto reads files',
    { [`${P}/proto/src/x.ts`]: `import fs = require('fs');\nexport const x = fs;\n` },
    [`LAY-007 ${P}/proto/src/x.ts:1`],
  ],
  [
    'proto is asynchronous',
    { [`${P}/proto/src/x.ts`]: 'export async function x() {}\n\nexport type Y = Promise<void>;\n' },
    [`LAY-008 ${P}/proto/src/x.ts:1`, `LAY-008 ${P}/proto/src/x.ts:3`],
  ],
  [
    'core connects',
    { [`${P}/core/src/x.ts`]: `import * as net from 'net';\nexport const x = net.connect(1);\n` },
    [`LAY-009 ${P}/core/src/x.ts:2`],
  ],
  [
    'core fetches',
    { [`${P}/core/src/x.ts`]: `export const x = () => fetch('https://a.example');\n` },
    [`LAY-009 ${P}/core/src/x.ts:1`],
  ],
  [
    'core reads options',
    { [`${P}/core/src/x.ts`]: `import { parseArgs } from 'node:util';\nexport const x = [parseArgs, process.argv];\n` },
    [`LAY-010 ${P}/core/src/x.ts:1`, `LAY-010 ${P}/core/src/x.ts:2`],
  ],
  [
    'server uses MLS',
    {
      [`${P}/server/package.json`]: manifest('server', {
        '@chat/helper': one,
        '@chat/proto': one,
        'ts-mls': one,
        yargs: one,
      }),
    },
    [`LAY-011 ${P}/server/package.json:7`],
  ],
  [
    'server uses the MLS of core',
    {
      [`${P}/server/package.json`]: manifest('server', { '@chat/core': one, '@chat/helper': one, yargs: one }),
      [`${P}/server/src/x.ts`]: `import { mlsGroup } from '@chat/core';\nmlsGroup();\n`,
    },
    [`LAY-011 ${P}/server/src/x.ts:1`],
  ],
  [
    'client listens',
    { [`${P}/client/src/x.ts`]: `import { createServer } from 'node:http';\ncreateServer();\n` },
    [`LAY-012 ${P}/client/src/x.ts:1`],
  ],
  [
    'client has the store of the server',
    {
      [`${P}/store/package.json`]: JSON.stringify({ name: '@chat/server-store' }),
      [`${P}/client/package.json`]: manifest('client', { '@chat/core': one, '@chat/server-store': one }, DEVELOPMENT),
    },
    [`LAY-013 ${P}/client/package.json:6`],
  ],
  [
    'rpc knows NodeService',
    { [`${P}/rpc/package.json`]: manifest('rpc', { '@chat/proto': one }) },
    [`LAY-014 ${P}/rpc/package.json:5`],
  ],
  [
    'client depends on the harness',
    {
      [`${P}/harness/package.json`]: manifest('harness'),
      [`${P}/client/package.json`]: manifest('client', { '@chat/core': one, '@chat/harness': one }, DEVELOPMENT),
    },
    [`LAY-015 ${P}/client/package.json:6`],
  ],
  [
    'harness depends on server',
    { [`${P}/harness/package.json`]: manifest('harness', { '@chat/server': one }) },
    [`LAY-016 ${P}/harness/package.json:5`],
  ],
  [
    'server reaches into proto',
    { [`${P}/server/src/x.ts`]: `import { x } from '@chat/proto/src/x.ts';\nx();\n` },
    [`LAY-017 ${P}/server/src/x.ts:1`],
  ],
  [
    'client uses a door for tests',
    { [`${P}/client/src/x.ts`]: `import { seeded } from '@chat/core/testing';\nseeded;\n` },
    [`LAY-018 ${P}/client/src/x.ts:1`],
  ],
  [
    'server imports what it does not declare',
    { [`${P}/server/src/x.ts`]: `import ms from 'ms';\nms();\n` },
    [`LAY-019 ${P}/server/src/x.ts:1`],
  ],
];

const C = 'crates';
const CARGO_FAULTS: [string, Files, string[]][] = [
  [
    'proto declares core',
    { [`${C}/proto/Cargo.toml`]: crate('proto', '[dependencies]\nchat-core = { path = "../core" }\n') },
    [`LAY-001 ${C}/proto/Cargo.toml:6`],
  ],
  [
    'core declares a renamed server',
    {
      [`${C}/core/Cargo.toml`]: crate('core', '[dependencies.backend]\npackage = "chat-server"\npath = "../server"\n'),
    },
    [`LAY-002 ${C}/core/Cargo.toml:5`],
  ],
  [
    'server uses client for one platform',
    {
      [`${C}/server/Cargo.toml`]: crate(
        'server',
        `[target.'cfg(unix)'.dependencies]\nchat-client = { path = "../client" }\n`,
      ),
    },
    [`LAY-003 ${C}/server/Cargo.toml:6`],
  ],
  [
    'client depends on p2p',
    {
      [`${C}/p2p/Cargo.toml`]: crate('p2p'),
      [`${C}/client/Cargo.toml`]: crate('client', '[dependencies]\nchat-p2p = { path = "../p2p", optional = true }\n'),
    },
    [`LAY-004 ${C}/client/Cargo.toml:6`],
  ],
  ['gui depends on server', { [`${C}/gui/src/lib.rs`]: 'use chat_server::run;\n' }, [`LAY-005 ${C}/gui/src/lib.rs:1`]],
  [
    'proto uses cryptography',
    { [`${C}/proto/src/x.rs`]: '\nuse sha2::{Digest, Sha256};\n' },
    [`LAY-006 ${C}/proto/src/x.rs:2`],
  ],
  [
    'proto reads files',
    {
      [`${C}/proto/src/x.rs`]:
        'fn x() {\n    std::fs::read("x");\n}\n#[cfg(not(test))]\nuse std::{mem, net::TcpStream};\n',
    },
    [`LAY-007 ${C}/proto/src/x.rs:2`, `LAY-007 ${C}/proto/src/x.rs:5`],
  ],
  [
    'proto is asynchronous',
    { [`${C}/proto/src/x.rs`]: '/* a /* b */ c */ pub async fn x() {\n    y().await\n}\n' },
    [`LAY-008 ${C}/proto/src/x.rs:1`, `LAY-008 ${C}/proto/src/x.rs:2`],
  ],
  [
    'proto declares tokio',
    { [`${C}/proto/Cargo.toml`]: crate('proto', '[dependencies]\ntokio = "1"\n') },
    [`LAY-007 ${C}/proto/Cargo.toml:6`, `LAY-008 ${C}/proto/Cargo.toml:6`],
  ],
  ['core has quinn', { [`${C}/core/src/x.rs`]: 'use quinn::Connection;\n' }, [`LAY-009 ${C}/core/src/x.rs:1`]],
  [
    'core has the network of tokio',
    {
      [`${C}/core/src/x.rs`]: 'use tokio::{net::{TcpStream}, sync::Mutex};\n',
      [`${C}/core/Cargo.toml`]: crate('core', '[dependencies]\ntokio = { workspace = true, features = ["net"] }\n'),
    },
    [`LAY-009 ${C}/core/Cargo.toml:6`, `LAY-009 ${C}/core/src/x.rs:1`],
  ],
  [
    'core has std::net',
    { [`${C}/core/src/x.rs`]: 'use std::net::*;\nfn f() { std::net::UdpSocket::bind("x"); }\n' },
    [`LAY-009 ${C}/core/src/x.rs:1`, `LAY-009 ${C}/core/src/x.rs:2`],
  ],
  [
    'core has clap',
    { [`${C}/core/Cargo.toml`]: crate('core', '[dependencies]\nclap = { version = "4", features = ["derive"] }\n') },
    [`LAY-010 ${C}/core/Cargo.toml:6`],
  ],
  [
    'server has openmls',
    { [`${C}/server/Cargo.toml`]: crate('server', '[dependencies]\nopenmls_basic_credential = "0.3"\n') },
    [`LAY-011 ${C}/server/Cargo.toml:6`],
  ],
  [
    'server has the groups of core',
    { [`${C}/server/src/x.rs`]: 'use chat_core::MlsGroup;\n' },
    [`LAY-011 ${C}/server/src/x.rs:1`],
  ],
  [
    'client listens',
    {
      [`${C}/client/src/x.rs`]:
        'fn f() {\n    Endpoint::server(config, addr);\n    tokio::net::TcpListener::bind("x");\n}\n',
    },
    [`LAY-012 ${C}/client/src/x.rs:2`, `LAY-012 ${C}/client/src/x.rs:3`],
  ],
  [
    'client takes a file of the server',
    { [`${C}/client/src/x.rs`]: '#[path = "../../server/src/storage.rs"]\nmod storage;\n' },
    [`LAY-013 ${C}/client/src/x.rs:1`, `LAY-017 ${C}/client/src/x.rs:1`],
  ],
];

for (const [kind, workspace, faults] of [
  ['npm', NPM, NPM_FAULTS],
  ['Cargo', CARGO, CARGO_FAULTS],
] as const)
  for (const [what, change, expected] of faults)
    test(`${kind}: ${what}`, async () => {
      assert.deepEqual(await broken(write({ ...workspace, ...change })), expected);
    });

test('each rule has a workspace that breaks it', () => {
  const shown = new Set(
    [...NPM_FAULTS, ...CARGO_FAULTS].flatMap(([, , expected]) => expected.map((one) => one.slice(0, 7))),
  );
  const rules = new Set(scenarios.map(({ requirement }) => requirement));
  assert.deepEqual(
    [...rules].filter((rule) => !shown.has(rule)),
    [],
  );
});
