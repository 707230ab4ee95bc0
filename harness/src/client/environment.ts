const PREFIX = 'QUICNPROTOCHAT_';

/** The user's own environment, so that the command is found, but for what would steer the client. @param home its HOME */
export function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:QUICNPROTOCHAT_|XDG_|npm_)/.test(name));
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home, NO_COLOR: '1' };
}

/** Options as the variables that the client reads (spec/cli.md): `ca-cert` as `QUICNPROTOCHAT_CA_CERT`. */
export const asVariables = (options: Record<string, string>): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [`${PREFIX}${name.toUpperCase().replaceAll('-', '_')}`, value]),
  );
