import { SERVER_DIED, TARGET_GONE } from '../run/message-reader.ts';
import { stopRun } from '../run/stop.ts';
import { type CommandServer, serverNamed } from '../target/command/command-server.ts';
import { goneBecause } from '../target/probe.ts';
import type { ConformanceWorld } from './world.ts';

/**
 * Looks whether the server of a command has ended by itself. One that is down, for that reason or since a scenario left it
 * so, is started again for those that come; else they do not run.
 * @returns how it ended by itself
 */
export async function afterDeath(world: ConformanceWorld): Promise<string | undefined> {
  const server = serverNamed(world.target.server);
  const death = server?.deathNotice;
  if (death !== undefined) {
    world.note(death);
    world.attach(death, SERVER_DIED);
  }
  if (server && (death !== undefined || server.isDown)) await startAgain(world, server);
  return death;
}

/**
 * Looks after a scenario whether the target is still there. A target that is gone ends the run.
 * @returns how the server of a command ended by itself, or that it had to be ended
 */
export async function lookAfter(
  world: ConformanceWorld,
  hasFailed: boolean,
  scenario: string,
): Promise<string | undefined> {
  const death = await afterDeath(world);
  if (death !== undefined || !hasFailed || world.target.addresses.length === 0) return death;
  const why = await goneBecause(world.target);
  if (why === undefined) return undefined;
  const server = serverNamed(world.target.server);
  // A wrapper may end later than the server in it.
  if (server) return (await afterDeath(world)) ?? (await afterHang(world, server, why));
  stop(world, `the target went away during "${scenario}" (${why}): start it again, and see its log`);
  return undefined;
}

async function afterHang(world: ConformanceWorld, server: CommandServer, why: string): Promise<string> {
  const hang = `the server answers no more (${why}), and had to be ended`;
  world.note(hang);
  world.attach(hang, SERVER_DIED);
  try {
    await server.end('SIGKILL');
    await startAgain(world, server);
  } catch (error) {
    stop(world, `the server is gone: ${error instanceof Error ? error.message : error}`);
  }
  return hang;
}

async function startAgain(world: ConformanceWorld, server: CommandServer): Promise<void> {
  if (server.couldNotStart) {
    stop(world, 'the server is gone: it did not start again');
    return;
  }
  try {
    await world.startServerAgain();
  } catch (error) {
    // Else it is there, and has forgotten somebody: those that come have new people.
    if (server.isDown) stop(world, `the server is gone: ${error instanceof Error ? error.message : error}`);
  }
}

function stop(world: ConformanceWorld, gone: string): void {
  stopRun(world.target.lane, gone);
  world.note(gone);
  world.attach(gone, TARGET_GONE);
}
