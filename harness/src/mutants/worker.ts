// One process that judges: entries come over IPC, judgements go back. Support code is loaded once for all of them.
import { type MutantEntry, MutantHost, type VariantEntry } from './host.ts';
import { Judge, type Judgement } from './judge.ts';

/** What a worker is asked. */
export type Work = { kind: 'mutant'; entry: MutantEntry } | { kind: 'variant'; entry: VariantEntry };
/** What it answers. */
export type Done = Judgement | { id: string; error: string };

const host = new MutantHost();
const judge = new Judge(host);

process.on('message', async (work: Work) => {
  try {
    process.send?.(await (work.kind === 'mutant' ? judge.mutant(work.entry) : judge.variant(work.entry)));
  } catch (error) {
    process.send?.({
      id: work.entry.id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
});
process.on('disconnect', () => {
  void host.close().then(() => process.exit(0));
});
