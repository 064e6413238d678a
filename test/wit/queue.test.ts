/** Queues with a schema: what enters, what is refused and why, by which way it is sent, and what a refusal leaves unchanged. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as layout from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { regionCreate, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
import {
  OP_CODE_MASK, OP_TEXT, PROGRAM_HEADER_BYTES, PROGRAM_MARK, PROGRAM_WORDS, REASON_BITS, REASON_LENGTH, REASON_MISALIGNED, REASON_NONE,
  REASON_STEPS, REASON_TEXT, REASON_TOO_LONG, REASON_TOO_SHORT,
} from '../../src/kernel/schema/program.ts';
import { STATUS_BAD_SCHEMA, STATUS_INVALID_MESSAGE, STATUS_NO_MEMORY, STATUS_OK, STATUS_POLICY } from '../../src/kernel/status.ts';
import { allocate, bytesAt, named, reset, setBytes, setWord, word } from '../support/fixture.ts';
import { compileWit, type Compiled } from './support.ts';

const BODY = `
  flags status { a, b, c, d, e, f, g, h, i }
  record sample { id: u32, status: status, label: string }
  record flat { id: u64, ok: bool }
`;
let types: Map<string, Compiled>;
beforeAll(async () => { types = await compileWit(BODY, 'queue'); });
beforeEach(reset);

interface Options {
  mode?: number; steps?: number; max?: number; completions?: number; schema?: number; change?: (program: number) => void;
}

/** A queue for messages of a type, made at `base`; or the status that refused it. */
const make = (type: string, options: Options = {}) => {
  const { words } = types.get(type)!.program;
  const table = regionTableCreate(allocate(regionTableBytes(8)), regionTableBytes(8), 8);
  const program = allocate(words.length * 4);
  words.forEach((value, k) => setWord(program + 4 * k, value));
  options.change?.(program);
  const config = allocate(layout.CONFIG_BYTES);
  const fields: [number, number][] = [
    [layout.CONFIG_RING_SIZE, 2], [layout.CONFIG_MAX_MESSAGE_BYTES, options.max ?? 64],
    [layout.CONFIG_SCHEMA, options.schema ?? types.get(type)!.schema.id],
    [layout.CONFIG_SENDERS, 2], [layout.CONFIG_RECEIVERS, 1], [layout.CONFIG_COMPLETIONS, options.completions ?? 0], [layout.CONFIG_START, -1],
    [layout.CONFIG_SCHEMA_PROGRAM, program], [layout.CONFIG_SCHEMA_MODE, options.mode ?? layout.SCHEMA_FULL],
    [layout.CONFIG_SCHEMA_STEPS, options.steps ?? 0],
  ];
  for (const [field, value] of fields) setWord(config + field, value);
  const needed = kernel.queueBytes(config);
  if (needed < 0) return { status: needed, table, config, program, needed, queue: 0, base: 0 };
  const base = allocate(needed);
  const region = regionCreate(table, layout.POLICY_SLAB, base, needed);
  const queue = kernel.queueCreate(table, region, config);
  return { status: queue < 0 ? queue : STATUS_OK, table, config, program, needed, queue, base };
};

const encode = (type: string, value: object): Uint8Array => types.get(type)!.schema.encode(value);
const SAMPLE = { id: 5, status: { a: true, i: true }, label: 'täxt' };
const broken = (at: number, byte: number): Uint8Array => {
  const bytes = encode('sample', SAMPLE);
  bytes[at] = byte;
  return bytes;
};

/** Sends bytes by each way there is. */
const WAYS = ['send', 'submit', 'batch', 'in place', 'descriptor'] as const;
const senderOf = (made: ReturnType<typeof make>, way: string): number =>
  (way === 'submit' ? kernel.queueAttachSubmitter : kernel.queueAttachSender)(made.queue, types.get('sample')!.schema.id);
const sendBy = (made: ReturnType<typeof make>, sender: number, way: (typeof WAYS)[number], bytes: Uint8Array): number => {
  const source = allocate(bytes.length + 8, 8);
  setBytes(source, bytes);
  switch (way) {
    case 'send': return kernel.queueSend(sender, 2, source, bytes.length);
    case 'submit': return kernel.queueSubmit(sender, 2, source, bytes.length, 7, 8);
    case 'batch': {
      const list = allocate(layout.BATCH_BYTES);
      for (let k = 0; k < layout.BATCH_BYTES; k += 4) setWord(list + k, 0);
      setWord(list + layout.BATCH_ADDRESS, source);
      setWord(list + layout.BATCH_LENGTH, bytes.length);
      const sent = kernel.queueSendBatch(sender, 2, list, 1);
      return sent === 1 ? STATUS_OK : sent;
    }
    case 'in place': {
      const at = kernel.queueReserve(sender, 2, bytes.length);
      if (at < 0) return at;
      setBytes(at, bytes);
      return kernel.queueCommit(sender, bytes.length);
    }
    case 'descriptor': {
      const region = regionCreate(made.table, layout.POLICY_IMMUTABLE, source, bytes.length);
      const record = allocate(layout.DESCRIPTOR_BYTES);
      [region, bytes.length, 0, 0, 0, 0].forEach((value, k) => setWord(record + 4 * k, value));
      return kernel.queueSendDescriptor(sender, 2, record);
    }
  }
};

describe.each(WAYS)('by %s', (way) => {
  test('a message of the type enters, any other is refused with reason, word and byte, counted, and nothing else changes', () => {
    const made = make('sample', { completions: way === 'submit' ? 4 : 0 });
    expect(named(made.status)).toBe(0);
    const sender = senderOf(made, way);
    const receiver = kernel.queueAttachReceiver(made.queue);
    const target = allocate(64, 8);
    const told = (): number[] => [kernel.refusedReason(sender), kernel.refusedByte(sender)];
    expect(told()).toEqual([REASON_NONE, 0]);
    const good = encode('sample', SAMPLE);
    const cases: [Uint8Array, number, number][] = [
      [broken(5, 0x80), REASON_BITS, 5], [broken(6, 1), REASON_BITS, 6], [broken(17, 0xff), REASON_TEXT, 17],
      [good.slice(0, 8), REASON_TOO_SHORT, 8], [Uint8Array.from([...good, 0]), REASON_LENGTH, good.length],
    ];
    let refused = 0;
    for (const [bytes, reason, byte] of cases) {
      expect(sendBy(made, sender, way, bytes)).toBe(STATUS_INVALID_MESSAGE);
      expect(told()).toEqual([reason, byte]);
      refused += 1;
      expect(kernel.queueLength(made.queue)).toBe(0);
      expect(named(kernel.queueReceive(receiver, target, 64))).toBe('STATUS_EMPTY');
    }
    expect([kernel.queueRefusals(made.queue, REASON_BITS), kernel.queueRefusals(made.queue, REASON_TEXT), kernel.queueRefusals(made.queue, 3)])
      .toEqual([2, 1, 1]);
    const { schema } = types.get('sample')!;
    sendBy(made, sender, way, broken(5, 0x80));
    expect(schema.explain(kernel.refusedReason(sender), kernel.refusedWord(sender), kernel.refusedByte(sender)))
      .toBe('sample.status: undefined flag bit (9 flags) at byte 5');
    expect(sendBy(made, sender, way, good)).toBe(STATUS_OK);
    expect(kernel.queueReceive(receiver, target, 64)).toBe(way === 'descriptor' ? layout.DESCRIPTOR_BYTES : good.length);
    if (way !== 'descriptor') expect(bytesAt(target, good.length)).toEqual(good);
    const statistics = allocate(layout.STATISTICS_BYTES);
    kernel.queueStatistics(made.queue, statistics);
    expect(word(statistics + layout.STATISTICS_REJECTED)).toBe(refused + 1);
  });
});

test('by mode: all is validated, or the length alone, or nothing', () => {
  const bytes = broken(5, 0x80);
  const by = (mode: number): number[] => {
    const made = make('sample', { mode });
    const sender = kernel.queueAttachSender(made.queue, types.get('sample')!.schema.id);
    return [sendBy(made, sender, 'send', bytes), sendBy(made, sender, 'send', bytes.slice(0, 8)), kernel.refusedReason(sender)];
  };
  expect(by(layout.SCHEMA_FULL)).toEqual([STATUS_INVALID_MESSAGE, STATUS_INVALID_MESSAGE, REASON_TOO_SHORT]);
  expect(by(layout.SCHEMA_TAG)).toEqual([STATUS_OK, STATUS_INVALID_MESSAGE, REASON_TOO_SHORT]);
  expect(by(layout.SCHEMA_NONE)).toEqual([STATUS_OK, STATUS_OK, REASON_NONE]);
  const flat = make('flat', { mode: layout.SCHEMA_TAG });
  const sender = kernel.queueAttachSender(flat.queue, types.get('flat')!.schema.id);
  expect(sendBy(flat, sender, 'send', new Uint8Array(17))).toBe(STATUS_INVALID_MESSAGE);
  expect(kernel.refusedReason(sender)).toBe(REASON_TOO_LONG);
});

test('a sender must name the number, and a queue must be made with that of its program', () => {
  const { queue } = make('sample');
  expect(named(kernel.queueAttachSender(queue, 1))).toBe('STATUS_WRONG_SCHEMA');
  expect(make('sample', { schema: 1 }).status).toBe(STATUS_BAD_SCHEMA);
  expect(make('sample', { schema: 0 }).status).toBe(STATUS_BAD_SCHEMA);
});

test('a program that is not one, or not safe, makes no queue', () => {
  const bad = (change: (program: number) => void): number => make('sample', { change }).status;
  expect(bad((program) => setWord(program + PROGRAM_MARK, 5))).toBe(STATUS_BAD_SCHEMA);
  expect(bad((program) => setWord(program + PROGRAM_WORDS, 5))).toBe(STATUS_BAD_SCHEMA);
  expect(bad((program) => setWord(program + PROGRAM_WORDS, 100_000))).toBe(STATUS_BAD_SCHEMA);
  expect(bad((program) => setWord(program + PROGRAM_HEADER_BYTES, OP_TEXT | 16 << 8))).toBe(STATUS_BAD_SCHEMA);
  expect(bad((program) => setWord(program + PROGRAM_HEADER_BYTES, OP_CODE_MASK))).toBe(STATUS_BAD_SCHEMA);
  expect(make('sample', { mode: 3 }).status).toBe(STATUS_BAD_SCHEMA);
  expect(make('sample', { mode: -1 }).status).toBe(STATUS_BAD_SCHEMA);
  expect(make('sample', { steps: -1 }).status).toBe(STATUS_BAD_SCHEMA);
  expect(make('sample', { max: 15 }).status).toBe(STATUS_BAD_SCHEMA);
  expect(make('sample', { max: 16 }).status).toBe(STATUS_OK);
});

test('the program is the one that was there when the queue was made', () => {
  const made = make('sample');
  const sender = kernel.queueAttachSender(made.queue, types.get('sample')!.schema.id);
  setWord(made.program + PROGRAM_HEADER_BYTES + 4, 0); // a mask without bits
  expect(sendBy(made, sender, 'send', broken(5, 0x80))).toBe(STATUS_INVALID_MESSAGE);
});

test('a schema that may take more steps than allowed is refused when the queue is made', () => {
  const { schema } = types.get('sample')!;
  const bound = schema.steps(64);
  expect(make('sample', { steps: bound }).status).toBe(STATUS_OK);
  expect(make('sample', { steps: bound - 1 }).status).toBe(STATUS_BAD_SCHEMA);
  // By default a message of a MiB of text is too much to wait for.
  expect(make('sample', { max: layout.MESSAGE_BYTES_MAX }).status).toBe(STATUS_BAD_SCHEMA);
  expect(make('sample', { max: 2 * layout.SCHEMA_STEPS_DEFAULT }).status).toBe(STATUS_OK);
  // Where nothing is validated nothing takes steps.
  expect(make('sample', { mode: layout.SCHEMA_TAG, steps: 1 }).status).toBe(STATUS_OK);
});

test('a descriptor beyond the bound is refused, whatever it holds; so is one that is misaligned or of a Slab', () => {
  const made = make('sample', { steps: types.get('sample')!.schema.steps(64) });
  const sender = kernel.queueAttachSender(made.queue, types.get('sample')!.schema.id);
  expect(sendBy(made, sender, 'descriptor', encode('sample', { ...SAMPLE, label: 'x'.repeat(48) }))).toBe(STATUS_OK);
  expect(sendBy(made, sender, 'descriptor', encode('sample', { ...SAMPLE, label: 'x'.repeat(200) }))).toBe(STATUS_INVALID_MESSAGE);
  expect([kernel.refusedReason(sender), kernel.refusedByte(sender)]).toEqual([REASON_STEPS, 216]);
  const bytes = encode('sample', SAMPLE);
  const base = allocate(64, 8);
  setBytes(base + 4, bytes);
  const descriptor = (policy: number, offset: number): number => {
    const record = allocate(layout.DESCRIPTOR_BYTES);
    const region = regionCreate(made.table, policy, base, 64);
    [region, bytes.length, offset, 0, 0, 0].forEach((value, k) => setWord(record + 4 * k, value));
    return kernel.queueSendDescriptor(sender, 2, record);
  };
  expect(descriptor(layout.POLICY_IMMUTABLE, 4)).toBe(STATUS_INVALID_MESSAGE);
  expect(kernel.refusedReason(sender)).toBe(REASON_MISALIGNED);
  expect(descriptor(layout.POLICY_SLAB, 0)).toBe(STATUS_POLICY);
});

test('a queue with a program needs room for it, and says how much', () => {
  const made = make('sample');
  const small = regionCreate(made.table, layout.POLICY_SLAB, allocate(made.needed), made.needed - 64);
  expect(kernel.queueCreate(made.table, small, made.config)).toBe(STATUS_NO_MEMORY);
  // Nothing behind the end is touched.
  const at = allocate(made.needed + 64);
  const region = regionCreate(made.table, layout.POLICY_SLAB, at, made.needed);
  expect(kernel.queueCreate(made.table, region, made.config)).toBe(at);
  expect(bytesAt(at + made.needed, 64)).toEqual(new Uint8Array(64).fill(0xa5));
});

test('reasons that are none, and queues that are none, are refused', () => {
  const { queue } = make('sample');
  expect(named(kernel.queueRefusals(queue, 16))).toBe('STATUS_BAD_ARGUMENT');
  expect(named(kernel.queueRefusals(queue, -1))).toBe('STATUS_BAD_ARGUMENT');
  expect(named(kernel.queueRefusals(4, 1))).toBe('STATUS_BAD_HANDLE');
  expect(named(kernel.refusedReason(4096))).toBe('STATUS_BAD_HANDLE');
});
