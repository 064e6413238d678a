/**
 * Scenarios of the board: sleeping and waking by src/board, in every order, with interrupts, masks, timers and contexts that take turns.
 *
 * What must hold: nobody sleeps for ever, nobody stays in WFI with a task that is ready, and a notifier has counted exactly the sleeps that
 * it ended. The last one is the whole path of a queue on the board: a receiver asleep, the kernel's wake-up, the board's.
 * Checked by: test/explore/kernel.test.ts.
 */
import {
  CORE_AFFINITY_OFFSET, CORE_NO_TASK, CORE_NUMBER_OFFSET, CORE_STACK_OFFSET, CORE_TASK_OFFSET, TASKS_OFFSET,
  TASK_ARGUMENT_OFFSET, TASK_BYTES, TASK_CORE_OFFSET, TASK_ROLE_OFFSET, TASK_STACK_OFFSET, TASK_STATES_OFFSET,
} from '../board/layout.ts';
import { WAIT_WOKEN } from '../machine/contract.ts';
import { BOARD, coreAddress, runningWord } from './board.ts';
import { Violation } from './monitor.ts';
import { Calls } from './scenarios.ts';
import type { Call, Place, QueueShape, Scenario, Task } from './scenario.ts';

const STATE_RUNNING = 2;
const STATE_READY = 3;
/** Added to every result (board-entry.ts). */
const ENDED = 10;
/** The first memory that a scenario without a queue is given. */
const BOARD_WORDS = 0x2000;
const NO_QUEUE: QueueShape = { senders: 0, receivers: 1, ringSize: 0, maxBytes: 0, completions: 0, start: 0 };

const taskRecord = (task: number): number => BOARD + TASKS_OFFSET + task * TASK_BYTES;
const contextOf = (task: number): number => taskRecord(task) + TASK_STACK_OFFSET;
const coreContext = (core: number): number => coreAddress(core) + CORE_STACK_OFFSET;

/** Cores as coreInit leaves them, and tasks that run, each on the core it names. */
const setUp = (place: Place, cores: number, tasksOn: readonly number[]): void => {
  for (let core = 0; core < cores; core++) {
    place.store(coreAddress(core) + CORE_NUMBER_OFFSET, core);
    place.store(coreAddress(core) + CORE_AFFINITY_OFFSET, core);
    place.store(coreAddress(core) + CORE_TASK_OFFSET, CORE_NO_TASK);
  }
  for (const [task, core] of tasksOn.entries()) {
    place.store(taskRecord(task) + TASK_CORE_OFFSET, core);
    place.store(BOARD + TASK_STATES_OFFSET + task * 4, STATE_RUNNING);
    place.store(coreAddress(core) + CORE_TASK_OFFSET, task);
  }
};

const observed = (name: string, ...operands: number[]): Call => ({ name, operands, meaning: { kind: 'observe' } });

const task = (name: string, core: number, call: Call, more: Partial<Task> = {}): Task => ({ name, core, calls: [call], ...more });

type Judge = (results: number[], read: (address: number) => number) => string | undefined;

/** The first tasks, those named, must have ended; then `judge` sees their results without ENDED. */
const scenario = (name: string, names: readonly string[], judge: Judge, tasks: (place: Place) => Task[], spurious = 0): Scenario => ({
  name, program: 'board', kills: 0, spurious, lanes: [], shape: NO_QUEUE, tasks,
  observe: (results, read) => {
    const asleep = names.filter((_, i) => results[i] === 0);
    if (asleep.length > 0) throw new Violation(`${asleep.join(', ')}: asleep for ever`);
    const wrong = judge(results.map((result) => result - ENDED), read);
    if (wrong !== undefined) throw new Violation(wrong);
  },
});

/** A notifier has counted exactly the sleeps it ended. */
const counted = (ended: number, told: number): string | undefined =>
  (ended === told ? undefined : `notifiers were told that they woke ${told}, sleepers were woken ${ended} times`);

const WORD_BYTES = 64;
/** The words of a scenario, what lies up to the stacks (bounds.ts), and two of these. */
const WORDS_AND_STACKS = 0x1000 + 0x200;
/** Where a made task leaves its result. */
const RESULT = 8;

/** The context of a core that has nothing to do: its loop, which the tasks of the core return to. */
const loop = (place: Place, core: number): Task => {
  place.store(runningWord(core), coreContext(core));
  return task('loop of the core', core, observed('taskLoop'), { context: coreContext(core) });
};

/** A task of the board that has been made, but has not run yet. */
const made = (place: Place, number: number, core: number, role: number, word: number): Task => {
  const record = taskRecord(number);
  place.store(record + TASK_CORE_OFFSET, core);
  place.store(record + TASK_ROLE_OFFSET, role);
  place.store(record + TASK_ARGUMENT_OFFSET, word);
  place.store(BOARD + TASK_STATES_OFFSET + number * 4, STATE_READY);
  return task(`task ${number}`, core, observed('taskMain'), { context: contextOf(number) });
};

const ROLE_SLEEP = 0;

export const BOARDS: Scenario[] = [
  scenario('board: one sleeps, one wakes', ['sleeper', 'notifier'], ([ended, told]) => counted(ended!, told!), (place) => {
    setUp(place, 2, [0]);
    const word = place.allocate(WORD_BYTES);
    return [task('sleeper', 0, observed('taskSleepUntil', word)), task('notifier', 1, observed('taskNotify', word, 1))];
  }, 1),
  scenario('board: who is woken reads', ['sleeper', 'notifier'],
    ([ended, told]) => counted(ended! > 0 ? 1 : 0, told!) ?? (ended === 1 ? 'the sleeper read an old word' : undefined), (place) => {
      setUp(place, 2, [0]);
      const word = place.allocate(WORD_BYTES);
      return [task('sleeper', 0, observed('taskSleepAndRead', word)), task('notifier', 1, observed('taskNotify', word, 1))];
    }),
  scenario('board: a timed sleep', ['sleeper', 'notifier'], ([how, told]) => counted(how === WAIT_WOKEN ? 1 : 0, told!), (place) => {
    setUp(place, 2, [0]);
    const word = place.allocate(WORD_BYTES);
    return [task('sleeper', 0, observed('taskSleepOnce', word, 100), { timed: true }), task('notifier', 1, observed('taskNotify', word, 1))];
  }),
  scenario('board: a timed sleep that nobody ends', ['sleeper'], () => undefined, (place) => {
    setUp(place, 1, [0]);
    return [task('sleeper', 0, observed('taskSleepOnce', place.allocate(WORD_BYTES), 100), { timed: true })];
  }),
  scenario('board: an interrupt wakes', ['sleeper', 'device', 'interrupt'], ([ended, , told]) => counted(ended!, told!), (place) => {
    setUp(place, 1, [0]);
    const word = place.allocate(WORD_BYTES);
    return [task('sleeper', 0, observed('taskSleepUntil', word)), task('device', 1, observed('taskInterrupt', 0)),
      task('interrupt', 0, observed('taskNotify', word, 1), { interrupts: 0, afterEndOf: [1] })];
  }),
  scenario('board: two take, two give', ['taker 0', 'taker 1', 'giver 0', 'giver 1'],
    ([a, b, c, d]) => counted(a! + b!, c! + d!), (place) => {
      setUp(place, 4, [0, 1]);
      const word = place.allocate(WORD_BYTES);
      return [task('taker 0', 0, observed('taskTake', word)), task('taker 1', 1, observed('taskTake', word)),
        task('giver 0', 2, observed('taskGive', word)), task('giver 1', 3, observed('taskGive', word))];
    }),
  scenario('board: two tasks of one core', ['notifier', 'notifier'], (results, read) => {
    const ended = [BOARD_WORDS, BOARD_WORDS + WORD_BYTES].map((word) => read(word + RESULT) - ENDED);
    if (ended.some((result) => result < 0)) return 'a task of the board: asleep for ever';
    return counted(ended[0]! + ended[1]!, results[0]! + results[1]!);
  }, (place) => {
    setUp(place, 3, []);
    const first = place.allocate(2 * WORD_BYTES);
    const words = [first, first + WORD_BYTES];
    return [task('notifier', 1, observed('taskNotify', words[0]!, 1)), task('notifier', 2, observed('taskNotify', words[1]!, 1)),
      loop(place, 0), made(place, 0, 0, ROLE_SLEEP, words[0]!), made(place, 1, 0, ROLE_SLEEP, words[1]!)];
  }),
  scenario('board: a task is made on a sleeping core', ['maker'], ([ended], read) => counted(ended!, read(BOARD_WORDS + RESULT) - ENDED), (place) => {
    setUp(place, 2, [0]);
    const word = place.allocate(WORDS_AND_STACKS);
    return [task('maker', 0, observed('taskMakeAndSleep', 1, word)), loop(place, 1),
      task('task 1', 1, observed('taskMain'), { context: contextOf(1) })];
  }),
  {
    name: 'board: a receiver sleeps', program: 'board', kills: 0, spurious: 0, lanes: [{ sender: 0, priority: 2 }],
    shape: { senders: 1, receivers: 1, ringSize: 2, maxBytes: 16, completions: 0, start: 0 },
    tasks: (place) => {
      setUp(place, 2, [0]);
      const calls = new Calls(place, [{ sender: 0, priority: 2 }]);
      return [{ name: 'sender', core: 1, calls: calls.sends(0, 2) }, { name: 'receiver', core: 0, calls: calls.waits(0, 2, -1) }];
    },
  },
];

export const LARGE_BOARDS: Scenario[] = [
  scenario('board: a task is made where another has ended', ['maker'], ([ended], read) => {
    const second = BOARD_WORDS + WORD_BYTES;
    return read(second) === 0 ? 'the second task never ran' : counted(ended!, read(second + RESULT) - ENDED);
  }, (place) => {
    setUp(place, 2, [0]);
    const first = place.allocate(WORDS_AND_STACKS);
    const words = [first, first + WORD_BYTES];
    const main = observed('taskMain');
    return [{ name: 'maker', core: 0, calls: words.map((word) => observed('taskMakeAndSleep', 1, word)) }, loop(place, 1),
      { name: 'task 1', core: 1, calls: [main, main], context: contextOf(1) }];
  }),
];
