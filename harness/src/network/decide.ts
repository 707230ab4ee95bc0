import { createHash } from 'node:crypto';
import type { NetworkConditions } from './conditions.ts';

/** As seen from the client. */
export type Direction = 'out' | 'back';

/** Which packet it is. */
export interface PacketPlace {
  seed: number;
  /** Name of the client's flow. */
  flow: string;
  direction: Direction;
  /** Of this flow and direction, from 0. */
  number: number;
}

/** What becomes of a packet. */
export interface Decision {
  isLost: boolean;
  isDoubled: boolean;
  /** How many later packets overtake it: 0 to 3. */
  overtakenBy: number;
  delayMs: number;
}

const MOST_OVERTAKE = 3;

/** The same place and conditions, the same decision: nothing else goes in, no clock and no state. */
export function decide({ seed, flow, direction, number }: PacketPlace, conditions: NetworkConditions): Decision {
  const digest = createHash('sha256').update(`${seed} ${direction} ${number} ${flow}`).digest();
  /** The n-th draw of this packet, from 0 to just below 1: one for each question, so that answers do not hang together. */
  const draw = (n: number): number => digest.readUInt32LE(n * 4) / 2 ** 32;
  const [min, max] = conditions.delayMs;
  return {
    isLost: draw(0) < conditions.loss,
    isDoubled: draw(1) < conditions.duplicate,
    overtakenBy: draw(2) < conditions.reorder ? 1 + Math.floor(draw(3) * MOST_OVERTAKE) : 0,
    delayMs: min + draw(4) * (max - min),
  };
}
