// The hybrid envelope beside the Go verifier (crypto/mlkem, crypto/ecdh, x/crypto): encrypting and decrypting 1 KiB. Rounds are
// taken in turn, medians printed. What counts is the ratio; the absolute figures are this machine's.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HybridKeypair, hybridDecrypt, hybridEncrypt } from '@quicnprotochat/core';
import { ROOT, run } from '../interop/peer.ts';

const ROUNDS = 5;
const ROUND_MS = 1_000;
const PLAINTEXT = new Uint8Array(1024).fill(7);
const MEASURED = ['encrypt', 'decrypt'] as const;
type Rates = Record<(typeof MEASURED)[number], number>;

/** @returns runs per second */
function rate(act: () => void): number {
  const start = performance.now();
  let runs = 0;
  while (performance.now() - start < ROUND_MS) {
    act();
    runs += 1;
  }
  return (runs / (performance.now() - start)) * 1000;
}

function ours(): Rates {
  using pair = HybridKeypair.generate();
  const envelope = hybridEncrypt(pair.publicKey, PLAINTEXT);
  return {
    encrypt: rate(() => hybridEncrypt(pair.publicKey, PLAINTEXT)),
    decrypt: rate(() => hybridDecrypt(pair, envelope)),
  };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

const scratch = mkdtempSync(join(tmpdir(), 'bench-hybrid-'));
try {
  const verifier = join(scratch, 'vectors');
  const go = join(ROOT, 'interop/go');
  const built = await run('go', ['build', '-o', verifier, './cmd/vectors'], go);
  if (built.code !== 0) throw new Error(`go build failed: ${built.output}`);

  const rounds: { node: Rates; native: Rates }[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    rounds.push({ node: ours(), native: JSON.parse((await run(verifier, ['-bench'], go)).output) });
  console.log(`${ROUNDS} rounds of ${ROUND_MS} ms, in turn; medians per second; 1 KiB; Node.js ${process.version}`);
  for (const what of MEASURED) {
    const node = median(rounds.map((round) => round.node[what]));
    const native = median(rounds.map((round) => round.native[what]));
    const ratio = median(rounds.map((round) => round.node[what] / round.native[what]));
    const figures = `ours ${node.toFixed(0)}/s, Go ${native.toFixed(0)}/s`;
    console.log(`hybrid ${what.padEnd(21)} ${figures.padEnd(36)} ratio ${ratio.toFixed(2)}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
