/**
 * A schedule shown: one line per step with task, operation, source line and values, and the rings drawn in text between switches.
 *
 * Checked by: test/explore/replay.test.ts.
 */
import * as board from '../board/layout.ts';
import * as layout from '../kernel/layout.ts';
import { BOARD, runningWord } from './board.ts';
import type { Compiled } from './compile.ts';
import { type Access, Engine, HOSTILE, KILL, kindOf, SPURIOUS, STEP, threadOf } from './engine.ts';
import { makeModel, runSchedule, type Schedule } from './schedule.ts';
import type { Scenario } from './scenario.ts';

const hex = (value: number): string => (value >= -9 && value <= 9999 ? String(value) : `0x${(value >>> 0).toString(16)}`);

const PRIORITIES = ['critical', 'high', 'normal', 'low'];

/** Names of fields by offset, from the constants of layout.ts that begin so. */
const fields = (prefix: string): Map<number, string> => {
  const names = new Map<number, string>();
  for (const [name, offset] of Object.entries(layout)) {
    if (typeof offset === 'number' && name.startsWith(prefix) && !/_(BYTES|MAX|SHIFT|MASK|BELL)$/.test(name.replace(/MAX_BYTES$/, ''))) {
      if (!names.has(offset)) names.set(offset, name.slice(prefix.length));
    }
  }
  return names;
};

const RING = fields('RING_');
const SLOT = fields('SLOT_');
const QUEUE = fields('QUEUE_');
const SENDER = fields('SENDER_');
const RECEIVER = fields('RECEIVER_');

/** As bounds.ts says. */
const BOARD_TASKS = 2;
/** Of a core's line: board.ts draws it. */
const pendingWord = (core: number): number => runningWord(core) - 8;
const maskedWord = (core: number): number => runningWord(core) - 4;

/** Names of fields of the board's records. */
const offsets = (prefix: string): Map<number, string> => new Map(Object.entries(board)
  .filter(([name, offset]) => name.startsWith(prefix) && name.endsWith('_OFFSET') && name !== 'TASK_STATES_OFFSET' && typeof offset === 'number')
  .map(([name, offset]) => [offset as number, name.slice(prefix.length, -'_OFFSET'.length)]));
const CORE = offsets('CORE_');
const TASK = offsets('TASK_');

/** What a word of the board's block is called; undefined outside of it. */
const boardWordName = (address: number): string | undefined => {
  const at = address - BOARD;
  if (at < board.TASK_STATES_OFFSET || at >= board.TASKS_OFFSET + BOARD_TASKS * board.TASK_BYTES) return undefined;
  if (at < board.TASK_STATES_OFFSET + BOARD_TASKS * 4) return `task ${(at - board.TASK_STATES_OFFSET) / 4} STATE`;
  const [base, bytes, names, what] = at >= board.TASKS_OFFSET ? [board.TASKS_OFFSET, board.TASK_BYTES, TASK, 'task'] as const
    : [board.CORES_OFFSET, board.CORE_BYTES, CORE, 'core'] as const;
  if (at < base) return `board+${at}`;
  const number = Math.floor((at - base) / bytes);
  return `${what} ${number} ${names.get(at - base - number * bytes) ?? `+${at - base - number * bytes}`}`;
};

const STATES = ['free', 'claimed', 'running', 'ready', 'woken', 'expired'];

const drawCore = (engine: Engine, core: number): string => {
  const words = [engine.peek(maskedWord(core)) !== 0 ? 'masked' : '', engine.peek(pendingWord(core)) !== 0 ? 'pending' : '',
    engine.tasks.some((_, t) => engine.isAsleepAt(t, pendingWord(core))) ? 'in WFI' : ''];
  return `core ${core} ${words.filter((word) => word !== '').join(', ') || 'runs'}`;
};

/** The board's tasks and cores. */
const drawBoard = (engine: Engine): string[] => {
  if (engine.scenario.program !== 'board') return [];
  const tasks = Array.from({ length: BOARD_TASKS }, (_, task) => engine.peek(BOARD + board.TASK_STATES_OFFSET + task * 4))
    .map((state, task) => `task ${task} ${STATES[state] ?? `asleep on ${hex(state & ~1)}`}`);
  const cores = [...new Set(engine.tasks.flatMap(({ core }) => (core === undefined ? [] : [core])))].sort()
    .map((core) => drawCore(engine, core));
  return [`    ${[...tasks, ...cores].join('   ')}`];
};

/** What a word of memory is called in layout.ts. */
export const wordName = (engine: Engine, address: number): string => {
  const ofBoard = engine.scenario.program === 'board' ? boardWordName(address) : undefined;
  if (ofBoard !== undefined) return ofBoard;
  const { queue } = engine.place;
  const read = (at: number): number => engine.peek(at);
  for (const [i, { sender, priority }] of engine.scenario.lanes.entries()) {
    const ring = engine.monitor.ring(i);
    const name = `sender ${sender} ${PRIORITIES[priority]}`;
    if (address >= ring && address < ring + layout.RING_BYTES) return `${name} ${RING.get(address - ring) ?? `ring+${address - ring}`}`;
    const slots = read(ring + layout.RING_SLOTS);
    const stride = read(ring + layout.RING_STRIDE_BYTES);
    const slot = Math.floor((address - slots) / stride);
    if (address >= slots && slot <= read(ring + layout.RING_MASK)) {
      const offset = address - slots - slot * stride;
      return `${name} slot ${slot} ${SLOT.get(offset) ?? `PAYLOAD+${offset - layout.SLOT_PAYLOAD}`}`;
    }
  }
  if (engine.scenario.observe) return `word 0x${address.toString(16)}`;
  if (address >= queue && address < queue + layout.QUEUE_HEADER_BYTES) return QUEUE.get(address - queue) ?? `queue+${address - queue}`;
  const sender = Math.floor((address - queue - layout.QUEUE_HEADER_BYTES) / layout.SENDER_BYTES);
  const offset = address - queue - layout.QUEUE_HEADER_BYTES - sender * layout.SENDER_BYTES;
  if (sender >= 0 && sender < engine.scenario.shape.senders) return `sender ${sender} ${SENDER.get(offset) ?? `+${offset}`}`;
  const blocks = read(queue + layout.QUEUE_RECEIVER_BLOCKS);
  const receiver = Math.floor((address - blocks) / layout.RECEIVER_BYTES);
  const within = address - blocks - receiver * layout.RECEIVER_BYTES;
  if (receiver >= 0 && receiver < engine.scenario.shape.receivers) return `receiver ${receiver} ${RECEIVER.get(within) ?? `+${within}`}`;
  return `0x${address.toString(16)}`;
};

/** Each lane: its slots, with the positions that are queued, and the two cursors. */
export const drawRings = (engine: Engine): string[] => engine.scenario.lanes.map(({ sender, priority }, lane) => {
  const ring = engine.monitor.ring(lane);
  const read = (off: number): number => engine.peek(ring + off);
  const consumed = read(layout.RING_CONSUMED);
  const slots: string[] = [];
  for (let i = 0; i <= read(layout.RING_MASK); i++) {
    // The position that this slot holds, if it lies between the two cursors.
    const at = (consumed + ((i - consumed) & read(layout.RING_MASK))) | 0;
    const isQueued = ((at - consumed) >>> 0) < ((read(layout.RING_PRODUCED) - consumed) >>> 0);
    slots.push(isQueued ? `▓${hex(at)}` : '·');
  }
  return `    sender ${sender} ${PRIORITIES[priority]!.padEnd(8)} │${slots.map((text) => text.padEnd(6)).join('│')}│ consumed ${hex(consumed)}, produced ${hex(read(layout.RING_PRODUCED))}`;
});

const accessLine = (engine: Engine, step: number, access: Access): string => {
  const label = engine.compiled.labels[access.label]!;
  const task = engine.tasks[access.thread]!.name;
  const operation = label.operation!;
  const place = access.address < 0 ? '' : wordName(engine, access.address);
  const changed = access.before !== access.after;
  const values = access.address < 0 ? '' : changed ? `${hex(access.before)} → ${hex(access.after)}`
    : /^store|^addOwned/.test(operation) ? `stays ${hex(access.after)}`
      : access.result === undefined || access.result === access.before ? `is ${hex(access.before)}` : `reads ${hex(access.result)}, newest is ${hex(access.before)}`;
  return `${String(step).padStart(4)}  ${task.padEnd(12)} ${operation.padEnd(18)} ${engine.lineOf(access.told).padEnd(34)} ${place.padEnd(30)} ${values}`;
};

/** All lines of a replay; the last says how it ends. */
export const replay = (compiled: Compiled, scenario: Scenario, schedule: Schedule): string[] => {
  const engine = new Engine(compiled, scenario, makeModel(schedule.model));
  let lines: string[] = [];
  let step = 0;
  let last = -1;
  const restart = (): void => {
    lines = [`${scenario.name}, ${schedule.model} memory`];
    step = 0;
    last = -1;
  };
  engine.onReset = restart;
  engine.trace = (access) => lines.push(accessLine(engine, ++step, access));
  const run = runSchedule(engine, schedule, (transition) => {
    if (last >= 0 && (threadOf(transition) !== last || kindOf(transition) !== STEP)) lines.push(...drawRings(engine), ...drawBoard(engine));
    last = threadOf(transition);
    const task = engine.tasks[last]!.name;
    const kind = kindOf(transition);
    if (kind === HOSTILE) lines.push('      the hostile side writes');
    else if (kind !== STEP) lines.push(`      ${task} ${kind === KILL ? 'is killed' : kind === SPURIOUS ? 'wakes for no reason' : 'has waited long enough'}`);
    else if (!engine.inCall(last)) lines.push(`      ${task}: ${engine.nextCall(last)}`);
  });
  lines.push(...drawRings(engine), ...drawBoard(engine), run.violation === undefined ? 'Nothing is wrong at the end of this schedule.' : `VIOLATION: ${run.violation}`);
  return lines;
};
