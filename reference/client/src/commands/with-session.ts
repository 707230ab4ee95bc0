import type { Context } from '../context.ts';
import { ClientError } from '../errors.ts';
import type { Refusal } from '../group/outgoing.ts';
import { Session } from '../group/session.ts';
import { hex } from '../output.ts';
import { StateFile } from '../state/state-file.ts';

/** How a command uses the state. */
export interface SessionNeeds {
  /** Make a state with a new identity when there is none. */
  create?: boolean;
  /** Empty, or 16 bytes. */
  channelId?: Uint8Array;
}

/**
 * Runs a step with the session of the state file, which is locked meanwhile.
 * @param file one that several steps share; opened anew without it
 * @throws ClientError `absent` when there is no state; what the step throws
 */
export async function withSession<T>(
  context: Context,
  { create = false, channelId }: SessionNeeds,
  step: (session: Session) => Promise<T>,
  file = new StateFile(context.options),
): Promise<T> {
  const unlock = await file.lock();
  try {
    const state = (await file.read()) ?? (create ? await file.create() : undefined);
    if (!state)
      throw new ClientError('absent', `there is no state file ${file.path}: "quicnprotochat register-state" makes one`);
    const session = await Session.open({
      node: await context.node(),
      auth: await context.auth(state),
      state,
      keyStore: await file.keyStore(),
      save: (changed) => file.write(changed),
      channelId,
    });
    try {
      return await step(session);
    } finally {
      session.dispose();
    }
  } finally {
    unlock();
  }
}

/** @throws ClientError `refused` that names for whom the server refused something */
export function throwRefusals(refusals: readonly Refusal[]): void {
  const [first] = refusals;
  if (!first) return;
  const whom = refusals.map(({ recipient }) => hex(recipient)).join(', ');
  throw new ClientError('refused', `${first.what} did not reach ${whom}: ${first.error.message}`, {
    cause: first.error,
    code: first.error.code,
  });
}
