/**
 * A schedule as text: enough to come to the same state again, on any machine, as long as the source stays as it was.
 *
 *   SCENARIO~MODEL~WORDS~STEPS   blanks of the scenario's name as _
 *   WORDS   the words that several tasks share, as hexadecimal word numbers; p behind one that is read plainly
 *   STEPS   a b c ...: that task takes a step; a12: twelve of them; a/2: with its choice number 2 (a stale value, a sleeper);
 *           ak: it is killed; at: its wait times out; as: it wakes for no reason; h5: the hostile side writes
 *
 * Role: search.ts finds, this shrinks and remembers, replay.ts shows. Checked by: test/explore/replay.test.ts.
 */
import type { Compiled } from './compile.ts';
import { choiceOf, Engine, HOSTILE, KILL, kindOf, RESTART, SPURIOUS, STEP, threadOf, TIMEOUT } from './engine.ts';
import { Violation } from './monitor.ts';
import type { Scenario } from './scenario.ts';
import { sequential } from './sequential.ts';
import { weak } from './weak.ts';

export type ModelName = 'sequential' | 'weak';

export const makeModel = (name: ModelName): ReturnType<typeof sequential> => (name === 'weak' ? weak() : sequential());

export interface Schedule {
  scenario: string;
  model: ModelName;
  shared: number[];
  plain: number[];
  transitions: number[];
}

const LETTERS = { [STEP]: '', [KILL]: 'k', [TIMEOUT]: 't', [SPURIOUS]: 's' };

const stepText = (transition: number): string => {
  if (kindOf(transition) === HOSTILE) return `h${choiceOf(transition)}`;
  const name = String.fromCharCode(97 + threadOf(transition)) + LETTERS[kindOf(transition) as 0 | 1 | 2 | 3];
  return choiceOf(transition) > 0 ? `${name}/${choiceOf(transition)}` : name;
};

export const print = (schedule: Schedule): string => {
  const plain = new Set(schedule.plain);
  const words = schedule.shared.map((word) => word.toString(16) + (plain.has(word) ? 'p' : '')).join('.');
  const runs: [string, number][] = [];
  for (const text of schedule.transitions.map(stepText)) {
    const last = runs.at(-1);
    if (last && last[0] === text && /^[a-z]$/.test(text)) last[1]++;
    else runs.push([text, 1]);
  }
  const steps = runs.map(([text, count]) => (count > 1 ? text + count : text)).join(',');
  return `${schedule.scenario.replaceAll(' ', '_')}~${schedule.model}~${words}~${steps}`;
};

export const parse = (text: string): Schedule => {
  const [scenario, model, words, steps] = text.split('~');
  if (steps === undefined || (model !== 'sequential' && model !== 'weak')) throw new Error('a schedule is SCENARIO~MODEL~WORDS~STEPS');
  const transitions = steps.split(',').filter((step) => step !== '').flatMap((step): number[] => {
    const hostile = /^h(\d+)$/.exec(step);
    if (hostile) return [HOSTILE << 9 | Number(hostile[1])];
    const parts = /^([a-z])([kts]?)(\d*)(?:\/(\d+))?$/.exec(step);
    if (!parts) throw new Error(`${step}: no such step`);
    const kind = { '': STEP, k: KILL, t: TIMEOUT, s: SPURIOUS }[parts[2]!]!;
    const one = (parts[1]!.charCodeAt(0) - 97) << 12 | kind << 9 | Number(parts[4] ?? 0);
    return Array.from({ length: Number(parts[3] || 1) }, () => one);
  });
  const list = words!.split('.').filter((word) => word !== '');
  return {
    scenario: scenario!.replaceAll('_', ' '), model,
    shared: list.map((word) => parseInt(word, 16)), plain: list.filter((word) => word.endsWith('p')).map((word) => parseInt(word, 16)), transitions,
  };
};

/** What a search found, as a schedule. */
export const scheduleOf = (engine: Engine, model: ModelName, transitions: number[]): Schedule => ({
  scenario: engine.scenario.name, model, shared: engine.sharedWords(), plain: engine.model.plainWords(), transitions,
});

export interface Run {
  violation: string | undefined;
  /** The transitions that were possible, up to the violation. */
  taken: number[];
}

/** Whether the step just taken asked for a choice that was not there: such a schedule means nothing. */
const wasImpossible = (engine: Engine, transition: number | undefined): boolean =>
  transition !== undefined && kindOf(transition) === STEP && choiceOf(transition) >= engine.options;

/** Runs a schedule; a step that is not possible is left out. `see` is told of each transition before it happens. */
export const runSchedule = (engine: Engine, schedule: Schedule, see: (transition: number) => void = () => {}): Run => {
  engine.learn(schedule.shared, schedule.plain);
  for (;;) {
    const taken: number[] = [];
    const possible: number[] = [];
    try {
      engine.reset();
      for (const transition of schedule.transitions) {
        const steps = engine.transitions(possible);
        if (steps === 0) engine.judgeRest();
        if (!possible.includes(transition & ~511) && !possible.includes(transition)) continue;
        taken.push(transition);
        see(transition);
        engine.take(transition);
        if (wasImpossible(engine, transition)) return { violation: undefined, taken };
      }
      if (engine.transitions(possible) === 0) engine.judgeRest();
      if (engine.scenario.soloSteps !== undefined) engine.judgeSolo(engine.scenario.soloSteps);
      return { violation: undefined, taken };
    } catch (error) {
      if (error === RESTART) continue;
      if (error instanceof Violation) return { violation: wasImpossible(engine, taken.at(-1)) ? undefined : error.message, taken };
      throw error;
    }
  }
};

/** Leaves out every transition without which the schedule still fails. */
export const shrink = (compiled: Compiled, scenario: Scenario, schedule: Schedule): Schedule => {
  const engine = new Engine(compiled, scenario, makeModel(schedule.model));
  const fails = (transitions: number[]): number[] | undefined => {
    const run = runSchedule(engine, { ...schedule, transitions });
    return run.violation === undefined ? undefined : run.taken;
  };
  let best = fails(schedule.transitions) ?? schedule.transitions;
  for (let shorter = true; shorter;) {
    shorter = false;
    for (let i = best.length - 1; i >= 0; i--) {
      const found = fails([...best.slice(0, i), ...best.slice(i + 1)]);
      if (!found || found.length >= best.length) continue;
      best = found;
      shorter = true;
    }
  }
  return { ...schedule, transitions: best };
};
