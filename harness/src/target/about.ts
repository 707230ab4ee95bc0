import { withoutSecrets } from '../client/command-line.ts';
import type { Options } from '../options/options.ts';
import { redactor } from '../redact.ts';
import type { ReportedTarget } from '../report/json.ts';
import type { Offer } from './probe.ts';
import { showAddress, type TargetData } from './target.ts';

const MAX_HEALTH = 200;

/** What reports say about the target: its texts are its own, and may be long. */
export function aboutTarget(
  { label, command, targets }: Pick<Options, 'label' | 'command' | 'targets'>,
  target: TargetData,
  offer: Offer,
): ReportedTarget {
  const health = offer.health === undefined ? undefined : redactor(target.accounts)(offer.health);
  return {
    label: label ?? null,
    kind: command ? 'command' : targets.length > 0 ? 'remote' : 'embedded',
    address: (command && withoutSecrets(command.words).join(' ')) ?? addressesOf(target),
    profiles: [...offer.profiles],
    certificateSha256: offer.certificateSha256 || null,
    health: health?.slice(0, MAX_HEALTH) ?? null,
  };
}

export const addressesOf = ({ addresses }: TargetData): string => addresses.map(showAddress).join(' and ');
