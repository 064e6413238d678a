/**
 * A failure found is told as a schedule that replays it: shrunk, as text, step by step with source lines.
 */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ENTRY, SCALED } from '../../src/explore/bounds.ts';
import { compile, type Compiled } from '../../src/explore/compile.ts';
import { countedPlaces } from '../../src/explore/counted.ts';
import { Engine, KILL, kindOf } from '../../src/explore/engine.ts';
import { replay } from '../../src/explore/replay.ts';
import { makeModel, parse, print, runSchedule } from '../../src/explore/schedule.ts';
import type { Scenario } from '../../src/explore/scenario.ts';
import { search } from '../../src/explore/search.ts';
import { SEEDED } from '../../src/explore/seeded.ts';
import { compileBug, compileKernel, exploreOne, scenarioNamed } from '../../src/explore/suite.ts';

const MINUTES = 60_000;
vi.setConfig({ testTimeout: 10 * MINUTES, hookTimeout: 10 * MINUTES });

const without = (name: string): Scenario => {
  const { soloSteps: _, ...scenario } = scenarioNamed(name);
  return scenario;
};

describe.each([['publish before the payload is there', '1x1 ring 1'], ['PRODUCED release only', '1x1 sleeping'], ['recovery adopts nothing', 'sender dies']])(
  '%s', (name, scenarioName) => {
    const bug = SEEDED.find((one) => one.name === name)!;
    let broken: Compiled;
    let text = '';
    let message = '';
    beforeAll(() => {
      broken = compile(ENTRY, [...SCALED, ...bug.change]);
      const line = exploreOne(broken, without(scenarioName), bug.model, { states: 500_000 });
      text = line.schedule!;
      message = line.outcome.violation!.message;
    });

    test('the schedule is text that means itself', () => {
      expect(text).toMatch(/^[\w^.,~/]+$/);
      expect(print(parse(text))).toBe(text);
    });

    test('it replays, one line per access with task, operation and source line', () => {
      const lines = replay(broken, without(scenarioName), parse(text));
      expect(lines.at(-1)).toMatch(/^VIOLATION: /);
      expect(replay(broken, without(scenarioName), parse(text))).toEqual(lines);
      const accesses = lines.filter((line) => /^ +\d+ /.test(line));
      expect(accesses.length).toBeGreaterThan(5);
      for (const line of accesses) expect(line).toMatch(/ (sender|receiver|recovery of sender 0) +\w+ +src\/(kernel|explore)\/[\w/.-]+:\d+/);
      expect(lines.some((line) => line.includes('│'))).toBe(true);
    });

    test('nothing can be left out', () => {
      const engine = new Engine(broken, without(scenarioName), makeModel(bug.model));
      const { transitions } = parse(text);
      const first = runSchedule(engine, parse(text));
      expect(first.violation).toBeDefined();
      expect(message).not.toBe('');
      for (let i = 0; i < transitions.length; i++) {
        const run = runSchedule(engine, { ...parse(text), transitions: transitions.filter((_, j) => j !== i) });
        expect(run.violation === undefined || run.taken.length >= transitions.length).toBe(true);
      }
    });
  },
);

test('the same schedule does no harm to the real source', () => {
  const engine = new Engine(compileKernel(), without('1x1 ring 1'), makeModel('sequential'));
  expect(runSchedule(engine, parse('1x1_ring_1~sequential~~a9,b4,a9,b9')).violation).toBeUndefined();
});

test('a bound on preemptions finds failures with fewer switches, and proves nothing', () => {
  const outcome = search(compileKernel(), without('1x1 ring 1'), makeModel('sequential'), { states: 100_000, preemptions: 1 });
  expect(outcome).toMatchObject({ exhausted: false, violation: undefined, preemptions: 1 });
});

test('deaths happen before every step', () => {
  const compiled = compileKernel();
  const killable = search(compiled, without('sender dies'), makeModel('sequential'), { states: 500_000 });
  expect(killable.exhausted).toBe(true);
  expect(killable.kills).toBeGreaterThan(20);
  const one = parse('sender_dies~sequential~~a,ak').transitions[1]!;
  expect(kindOf(one)).toBe(KILL);
});

test('a replay on the board names tasks and cores, and draws who is ready and which core sleeps', () => {
  const bug = SEEDED.find((one) => one.name === 'board: no fence between IDLE and the last look')!;
  const broken = compileBug(bug);
  const scenario = scenarioNamed(bug.in[0]!);
  const { schedule } = exploreOne(broken, scenario, bug.model, { states: 100_000 });
  const lines = replay(broken, scenario, parse(schedule!));
  expect(lines.at(-1)).toBe('VIOLATION: sleeper: asleep for ever');
  expect(lines.at(-2)).toBe('    task 0 woken   task 1 free   core 0 masked, in WFI   core 1 runs');
  expect(lines.some((line) => /sleeper +storeSequential32 +src\/board\/schedule\.ts:\d+ +core 0 IDLE +0 → 1$/.test(line))).toBe(true);
});

test('a schedule that is none is refused', () => {
  expect(() => parse('nonsense')).toThrow('SCENARIO~MODEL~WORDS~STEPS');
  expect(() => parse('1x1_ring_1~weak~~q!')).toThrow('no such step');
});

test('places are counted by file', () => {
  expect(countedPlaces(['b.ts:1: x', 'a.ts:1: x', 'b.ts:2: y'])).toEqual([['b.ts', 2], ['a.ts', 1]]);
});
