// Runs faulty servers for whoever holds the other ends of standard input and output: a line of JSON in, one out.
//
//     list                                    -> {"mutants": [{id, requirement, what, declared, isOpen, isRestarted}, …], "variants": [{id, what, declared, isRestarted}, …],
//                                                "together": [[ID, …], …], variants that go into one server}
//     {"start": ID, "accounts": [{…}, …]}     -> {"host", "port", "pin"}; ID may be several of variants, with + between them
//     {"stop": PORT}                          -> {"stopped": PORT, "slips": [what went wrong in a fault itself, …]}
//
// What goes wrong is answered with {"error": …}. The process ends when its standard input does.
import { createInterface } from 'node:readline';
import { certificateSha256, makeCertificate } from '@quicnprotochat/server';
import { MUTANT_LIMITS } from './fault.ts';
import { faultOf, MUTANTS, VARIANTS } from './index.ts';
import { slips } from './seams/stream.ts';
import { FaultyServer, type KnownAccount } from './server.ts';
import { TOGETHER } from './variants.ts';

const certificate = await makeCertificate(['127.0.0.1']);
const servers = new Map<number, FaultyServer>();

async function answer(line: string): Promise<unknown> {
  if (line.trim() === 'list') {
    return {
      mutants: MUTANTS.map(({ id, requirement, what, fault }) => ({
        ...{ id, requirement, what },
        ...{ declared: MUTANT_LIMITS, isOpen: fault.isOpen ?? false, isRestarted: fault.kept !== undefined },
      })),
      variants: VARIANTS.map(({ id, what, declared, fault }) => ({
        ...{ id, what, declared, isRestarted: fault.kept !== undefined },
      })),
      together: TOGETHER,
    };
  }
  const request = JSON.parse(line) as { start?: string; accounts?: KnownAccount[]; stop?: number };
  if (request.stop !== undefined) {
    await servers.get(request.stop)?.stop();
    servers.delete(request.stop);
    return { stopped: request.stop, slips: slips.splice(0) };
  }
  const fault = faultOf(request.start);
  if (!fault) return { error: `there is no ${request.start}` };
  const server = await FaultyServer.start(fault, request.accounts ?? [], certificate);
  const { host, port } = server.address;
  servers.set(port, server);
  return { host, port, pin: certificateSha256(certificate.certPem) };
}

// A fault may well break the server behind its own back: the host lives on, its clients see what they see.
process.on('uncaughtException', (error) => process.stderr.write(`${error.stack ?? error}\n`));
process.on('unhandledRejection', (error) => process.stderr.write(`${error instanceof Error ? error.stack : error}\n`));

const lines = createInterface({ input: process.stdin });
let line: Promise<void> = Promise.resolve();
lines.on('line', (text) => {
  line = line.then(async () => {
    const reply = await answer(text).catch((error) => ({ error: String(error) }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  });
});
lines.on('close', () => process.exit(0));
