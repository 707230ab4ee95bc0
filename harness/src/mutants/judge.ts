import { fileURLToPath } from 'node:url';
import { PLACES } from '../options/server-command.ts';
import { loadFeatures, type PlannedScenario } from '../plan/features.ts';
import { splitOffered } from '../plan/select.ts';
import type { ScenarioResult } from '../result.ts';
import { runScenarios } from '../run/run.ts';
import { stopRun } from '../run/stop.ts';
import { loadSpec } from '../spec/spec.ts';
import { withAccess } from '../target/access.ts';
import { makeAccounts } from '../target/accounts.ts';
import { openLanes } from '../target/lanes.ts';
import { DEFAULT_LIMITS } from '../target/limits.ts';
import { probe } from '../target/probe.ts';
import type { TargetData } from '../target/target.ts';
import type { MutantEntry, MutantHost, VariantEntry } from './host.ts';

/** What a run came to. */
export interface Judgement {
  id: string;
  isRight: boolean;
  /** What the suite saw of it, a line each. */
  findings: string[];
  durationMs: number;
}

/** Starts one server of the host as a process of its own. */
const SERVE = fileURLToPath(new URL('../../mutants/bin/serve.js', import.meta.url));
/** What broken servers do not answer is not waited for as long as what right ones may take, in ms. */
const MUTANT_TIMEOUT_MS = 3_000;
const VARIANT_TIMEOUT_MS = 15_000;

/** A server of the host, and how it is tested. */
interface Judged {
  id: string;
  declared: Record<string, number> | undefined;
  isOpen?: boolean;
  timeoutMs: number;
}

/** Runs the suite's scenarios against the servers of a host. */
export class Judge {
  readonly #host: MutantHost;
  readonly #spec = loadSpec();
  readonly #scenarios = loadFeatures(this.#spec);

  constructor(host: MutantHost) {
    this.#host = host;
  }

  /** A mutant is caught by a scenario of the requirement that it breaks. */
  async mutant({ id, requirement, declared, isOpen, isRestarted }: MutantEntry): Promise<Judgement> {
    const wanted = this.#scenarios.filter((scenario) => scenario.requirement === requirement);
    const isMust = this.#spec.get(requirement)?.level === 'MUST';
    const isCaught = ({ status }: ScenarioResult): boolean => status === 'failed' || (!isMust && status === 'warned');
    const judged = { id, declared, isOpen, timeoutMs: MUTANT_TIMEOUT_MS };
    const { results, durationMs } = isRestarted
      ? await this.#restart(judged, wanted, { hasAccounts: true, isEnough: isCaught })
      : await this.#run(judged, async () => wanted, isCaught);
    const caught = results.filter(isCaught);
    const broken = results.filter(({ status }) => status === 'broken');
    const isRight = caught.length > 0 && broken.length === 0;
    const passed = results.filter(({ status }) => status === 'passed').length;
    const skipped = results.length - passed - caught.length - broken.length;
    const findings = isRight
      ? caught.map(finding)
      : wanted.length === 0
        ? [`no scenario shows ${requirement}`]
        : [`${passed} of its scenarios pass, ${skipped} are skipped`, ...broken.map(finding)];
    return { id, isRight, findings, durationMs };
  }

  /** A variant is passed by every scenario of what it offers; what is only recommended may be missed. */
  async variant({ id, declared, isRestarted }: VariantEntry): Promise<Judgement> {
    const judged = { id, declared, timeoutMs: VARIANT_TIMEOUT_MS };
    const ofRestarts = this.#scenarios.filter(({ tags }) => tags.includes('needs:restart'));
    const { results, durationMs } = isRestarted
      ? await this.#restart(judged, ofRestarts, { hasAccounts: false, isEnough: () => false })
      : await this.#run(judged, async (target) => {
          const { profiles } = await probe(target);
          return splitOffered(this.#scenarios, profiles, []).runnable;
        });
    const accused = results.filter(({ status }) => status === 'failed' || status === 'broken');
    const warned = results.filter(({ status }) => status === 'warned');
    const passed = results.filter(({ status }) => status === 'passed').length;
    const isRight = accused.length === 0 && passed > 0;
    const findings = isRight
      ? [`${passed} passed, ${warned.length} warned`, ...warned.map(finding)]
      : accused.map(finding);
    return { id, isRight, findings, durationMs };
  }

  /**
   * Runs scenarios, one after the other until it is enough, on a server that is a process of its own.
   * @param hasAccounts it knows people from a file; else they register by OPAQUE
   */
  async #restart(
    { id, declared, timeoutMs }: Judged,
    scenarios: readonly PlannedScenario[],
    { hasAccounts, isEnough }: { hasAccounts: boolean; isEnough(result: ScenarioResult): boolean },
  ): Promise<{ results: ScenarioResult[]; durationMs: number }> {
    const startedAt = Date.now();
    const words = [process.execPath, SERVE, id, PLACES.port, PLACES.dir, ...(hasAccounts ? [PLACES.accounts] : [])];
    const command = { words, isVolatile: false, verify: { kind: 'none' } as const };
    const limits = { ...DEFAULT_LIMITS, ...declared };
    const given = { targets: [], accounts: [], isOpen: false, required: [], traceDir: undefined, inputSeed: '1' };
    const lanes = await openLanes({ ...given, command, limits, timeoutMs }, 1);
    const results: ScenarioResult[] = [];
    try {
      const [bare] = lanes.targets;
      const { target } = await withAccess(bare, await probe(bare));
      for (const scenario of scenarios) {
        const run = await runScenarios({ target, scenarios: [scenario], onResult: () => {} });
        if (run.faults.length > 0) throw new Error(run.faults.join('\n'));
        results.push(...run.results);
        if (run.results.some(isEnough)) break;
      }
    } finally {
      await lanes.close();
    }
    return { results, durationMs: Date.now() - startedAt };
  }

  async #run(
    { id, declared, isOpen = false, timeoutMs }: Judged,
    plan: (target: TargetData) => Promise<PlannedScenario[]>,
    isEnough: (result: ScenarioResult) => boolean = () => false,
  ): Promise<{ results: ScenarioResult[]; durationMs: number }> {
    const startedAt = Date.now();
    const accounts = makeAccounts();
    const address = await this.#host.start(id, accounts);
    try {
      const target: TargetData = {
        lane: 0,
        addresses: [{ host: address.host, port: address.port, verify: { kind: 'pin', sha256: address.pin } }],
        accounts,
        noAccounts: undefined,
        mustRegister: true,
        isOpen,
        limits: { ...DEFAULT_LIMITS, ...declared },
        timeoutMs,
      };
      const scenarios = await plan(target);
      if (scenarios.length === 0) return { results: [], durationMs: Date.now() - startedAt };
      const onResult = (result: ScenarioResult): void => {
        if (isEnough(result)) stopRun(target.lane, 'it is caught');
      };
      const { results, faults } = await runScenarios({ target, scenarios, onResult });
      if (faults.length > 0) throw new Error(faults.join('\n'));
      return { results, durationMs: Date.now() - startedAt };
    } finally {
      await this.#host.stop(address);
    }
  }
}

const MAX_FINDING = 300;

function finding({ scenario, status, reason, failure }: ScenarioResult): string {
  const why = (failure?.message ?? reason ?? '').split('\n', 1)[0]?.slice(0, MAX_FINDING);
  return `${status}: ${scenario.requirement} ${scenario.name} (${scenario.uri}:${scenario.line}): ${why}`;
}
