import type { Command } from './command.ts';

/** Each is loaded when it is called for: a ping need not wait for MLS. In the order of the help. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  ping: async () => (await import('./ping.ts')).ping,
  init: async () => (await import('./init.ts')).init,
  login: async () => (await import('./login.ts')).login,
  logout: async () => (await import('./login.ts')).logout,
  whoami: async () => (await import('./whoami.ts')).whoami,
  status: async () => (await import('./status.ts')).status,
  register: async () => (await import('./register.ts')).register,
  'register-state': async () => (await import('./register-state.ts')).registerState,
  'fetch-key': async () => (await import('./fetch-key.ts')).fetchKey,
  'create-group': async () => (await import('./group.ts')).createGroup,
  invite: async () => (await import('./group.ts')).invite,
  join: async () => (await import('./join.ts')).join,
  send: async () => (await import('./send.ts')).send,
  recv: async () => (await import('./recv.ts')).recv,
  update: async () => (await import('./group.ts')).update,
  remove: async () => (await import('./group.ts')).remove,
  leave: async () => (await import('./group.ts')).leave,
  channel: async () => (await import('./channel.ts')).channel,
  'demo-group': async () => (await import('./demo-group.ts')).demoGroup,
};

/** @returns the commands that a command line may mean; all of them when it names none */
export function loadCommands(args: readonly string[]): Promise<Command[]> {
  const named = Object.keys(LOADERS).filter((name) => args.includes(name));
  const names = named.length > 0 ? named : Object.keys(LOADERS);
  return Promise.all(names.map((name) => (LOADERS[name] as () => Promise<Command>)()));
}
