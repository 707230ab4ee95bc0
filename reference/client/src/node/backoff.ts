/**
 * How long to wait before another try: from 100 ms on, doubled each time up to 10 s, of which a random half is taken off,
 * so that the clients of a server that comes back do not all come at once.
 * @param tries that have failed, from 1 on
 * @returns ms
 */
export function backoffMs(tries: number, random: () => number = Math.random): number {
  const full = Math.min(10_000, 100 * 2 ** (tries - 1));
  return full * (1 - random() / 2);
}
