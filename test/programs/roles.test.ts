/**
 * All roles in one thread, in random order, with the timer interrupting anywhere: what comes out is right, and each kind of
 *   fault, seeded into the sources, shows in the report.
 */
import { describe, expect, test } from 'vitest';
import {
  buildProgram, encodeVectors, expectedAccuracy, expectedAnswers, expectedBytes, expectedChecksum, layout, machine, memoryBytes, placeJob,
  randomSource, randomVectors, type Edit, type Program,
} from './support.ts';

interface Setting { vectors: number[][]; classes?: number[]; seed?: number; edits?: Edit[]; alertShare?: number }
interface Outcome { code: number; report: string; result: Record<string, unknown>; answers: number[]; job: number; program: Program }

const ROLES = [layout.ROLE_SENSOR, layout.ROLE_CLASSIFIER, layout.ROLE_CLASSIFIER + 1, layout.ROLE_COLLECTOR];
const STEP_LIMIT = 200_000;

const lastJson = (text: string): Record<string, unknown> =>
  JSON.parse(text.trimEnd().split('\n').at(-1)!.replace(/^RESULT /, '')) as Record<string, unknown>;

/**
 * Runs a job to its end. A role that would sleep lets another one go on instead; time passes by being looked at. Only the collector
 *   never goes on inside another's sleep: it would wait there for classifiers that cannot run before it returns.
 */
const drive = async ({ vectors, classes, seed = 1, edits = [], alertShare = 0.02 }: Setting): Promise<Outcome> => {
  const random = randomSource(seed);
  const active = new Set<number>();
  const ended = new Set<number>();
  let [clock, job, steps, isInterrupted] = [0x7fffff00, 0, 0, false];
  const step = (role: number): void => {
    if (active.has(role) || ended.has(role) || (role === layout.ROLE_COLLECTOR && active.size > 0)) return;
    if (steps++ > STEP_LIMIT) throw new Error('the roles do not come to an end');
    active.add(role);
    if (running.program.roleStep(job, role) === 0) {
      running.program.roleEnd(job, role);
      ended.add(role);
    }
    active.delete(role);
  };
  const interrupt = (): void => {
    if (job === 0 || isInterrupted || random() >= alertShare) return;
    isInterrupted = true;
    running.program.alertsTick(job);
    isInterrupted = false;
  };
  const stepAny = (): void => step(ROLES[Math.floor(random() * ROLES.length)]!);
  /** Lets the timer's interrupt come before the operation. */
  const interrupted = <A extends unknown[], R>(operation: (...args: A) => R) => (...args: A): R => {
    interrupt();
    return operation(...args);
  };
  const running = await buildProgram(edits, {
    wait32: (p, off, expected, microseconds) => {
      clock += microseconds < 0 ? 10_000 : Math.min(microseconds, 10_000);
      if (!isInterrupted) {
        stepAny();
        interrupt();
      }
      return machine.load32(p, off) === expected ? 0 : 1;
    },
    notify32: () => 0,
    timeMicros32: () => (clock++) | 0,
    storeSequential32: interrupted(machine.storeSequential32), loadSequential32: interrupted(machine.loadSequential32),
    loadAcquire32: interrupted(machine.loadAcquire32), storeRelease32: interrupted(machine.storeRelease32),
    copyBytes: interrupted(machine.copyBytes), addOwned64: interrupted(machine.addOwned64),
    compareExchange32: interrupted(machine.compareExchange32),
  });
  const made = placeJob(running.program, encodeVectors(vectors), classes?.join(','));
  expect(running.program.jobPrepare(made)).toBe(layout.EXIT_OK);
  job = made;
  machine.store32(job, layout.ROLES_STARTED, layout.ROLES_AT_START);
  while (ended.size < ROLES.length) stepAny();
  job = 0;
  const code = running.program.reportPrint(made);
  const report = running.printed();
  const answersAt = machine.load32(made, layout.JOB_ANSWERS);
  const answers = [...memoryBytes.slice(answersAt, answersAt + vectors.length)];
  return { code, report, result: lastJson(report), answers, job: made, program: running.program };
};

const clean = { lost: 0, duplicated: 0, reordered: 0, priority_inversions: 0, alerts_refused: 0 };

describe('a whole run', () => {
  test.each([
    { records: 1, dimension: 1 }, { records: 2, dimension: 3 }, { records: 63, dimension: 2 }, { records: 64, dimension: 1 },
    { records: 500, dimension: 4, classes: [100, 399, 1] }, { records: 1000, dimension: 1, classes: [500, 500] },
    { records: 20, dimension: 784, classes: [10, 10] },
  ])('%o gives each vector its answer once', async ({ records: count, dimension, classes }) => {
    const vectors = randomVectors(count, dimension, count);
    const { code, result, answers, report, job } = await drive({ vectors, ...(classes === undefined ? {} : { classes }) });
    const expected = expectedAnswers(vectors, classes);
    expect(code).toBe(layout.EXIT_OK);
    expect(answers).toEqual(expected);
    expect(result).toMatchObject({
      ...clean, target: 'node', cores: 4, vectors: count, dimension, sent: count, received: count, completed: count,
      checksum: expectedChecksum(expected), bytes_checksum: expectedBytes(vectors),
    });
    expect(report).toContain('\nEvery byte read is the byte of the input\n');
    expect(result['alerts_received']).toBe(result['alerts_sent']);
    // What the classifiers read: the vectors of the input, each as a message, one behind the other.
    const stride = (16 + 4 * dimension + 7) & ~7;
    const region = machine.load32(job, layout.JOB_VECTORS_BASE);
    const records = encodeVectors(vectors);
    for (let i = 0; i < vectors.length; i++) {
      const message = Buffer.alloc(stride);
      [0, 16, dimension].forEach((word, k) => message.writeInt32LE(word, 4 * k));
      records.copy(message, 16, i * (4 + 4 * dimension) + 4, (i + 1) * (4 + 4 * dimension));
      expect(Buffer.compare(message, memoryBytes.slice(region + i * stride, region + (i + 1) * stride)), `vector ${i}`).toBe(0);
    }
    if (classes === undefined) expect(result['accuracy']).toBeNull();
    else expect(result['accuracy']).toBeCloseTo(expectedAccuracy(expected, classes), 4);
    expect(report).toContain(`100 %  ${count} of ${count} vectors`);
  });

  test('the same in every order', async () => {
    const vectors = randomVectors(300, 3, 77);
    const expected = expectedChecksum(expectedAnswers(vectors));
    for (let seed = 1; seed <= 30; seed++) {
      const { code, result } = await drive({ vectors, seed, alertShare: seed % 3 === 0 ? 0.015 : 0.005 });
      expect({ code, ...result }, `seed ${seed}`).toMatchObject({ ...clean, code: 0, completed: 300, checksum: expected });
      expect(Number(result['alerts_sent']), `seed ${seed}`).toBeGreaterThan(10);
    }
  });

  test('a line for each tenth, each once', async () => {
    const { report } = await drive({ vectors: randomVectors(95, 1, 2) });
    const lines = [...report.matchAll(/^ +(\d+) % +(\d+) of 95 vectors, \d+ alerts$/gm)];
    expect(lines.map(([, percent, completed]) => [Number(percent), Number(completed)]))
      .toEqual([[10, 10], [20, 19], [30, 29], [40, 38], [50, 48], [60, 57], [70, 67], [80, 76], [90, 86], [100, 95]]);
  });

  test('with less credit than slots the credit bounds the sensor, and no answer suffers', async () => {
    const vectors = randomVectors(300, 2, 31);
    const { code, report, result } = await drive({
      vectors, edits: [{ file: 'programs/job.ts', from: 'WORK_COMPLETIONS = 128', to: 'WORK_COMPLETIONS = 16' }],
    });
    expect({ code, ...result }).toMatchObject({ ...clean, code: 0, checksum: expectedChecksum(expectedAnswers(vectors)) });
    // Two are the wrong sender's.
    expect(Number(/ rejected (\d+)/.exec(report)![1])).toBeGreaterThan(2);
    expect(report).toMatch(/found full +0 +0 +0 +0\n/);
  });

  test('the last line says what the tables say', async () => {
    const { report, result } = await drive({ vectors: randomVectors(300, 2, 41) });
    const latencies = result['latency_microseconds'] as Record<string, Record<string, number>>;
    for (const [row, name] of [['Critical', 'critical'], ['Normal', 'normal']] as const) {
      const { p50, p90, p99, max } = latencies[name]!;
      expect(report).toMatch(new RegExp(`^  ${row} +\\d+ +${p50} +${p90} +${p99} +${max}$`, 'm'));
      expect(new Set([p50, p90, p99, max]).size).toBeGreaterThan(1);
    }
  });

  test('every count must be right for exit code 0', async () => {
    const { code, job, program } = await drive({ vectors: randomVectors(50, 2, 51) });
    expect(code).toBe(layout.EXIT_OK);
    const classifier = layout.jobClassifier(job, 1);
    const words: [number, number][] = [
      [job, layout.SENSOR_NEXT], [job, layout.COLLECTOR_DUPLICATED], [job, layout.COLLECTOR_REORDERED], [job, layout.ALERTS_SENT],
      [classifier, layout.CLASSIFIER_VECTORS], [classifier, layout.CLASSIFIER_ALERTS], [classifier, layout.CLASSIFIER_REORDERED],
      [classifier, layout.CLASSIFIER_INVERSIONS], [classifier, layout.CLASSIFIER_STRANGE],
      ...Array.from({ length: layout.WRONG_ATTEMPTS }, (_, attempt): [number, number] => [job, layout.WRONG_STATUS + 4 * attempt]),
      [machine.load32(job, layout.JOB_ANSWERS), 48],
    ];
    for (const [at, word] of words) {
      const was = machine.load32(at, word);
      machine.store32(at, word, word === 48 ? -1 : was + 1);
      expect(program.resultExit(job), `word ${word}`).toBe(layout.EXIT_FAILED);
      machine.store32(at, word, was);
    }
    expect(program.resultExit(job)).toBe(layout.EXIT_OK);
  });

  test('alerts overtake: they wait for less than a lane of vectors', async () => {
    const { result } = await drive({ vectors: randomVectors(1000, 2, 4) });
    const { normal, critical } = result['latency_microseconds'] as Record<string, Record<string, number>>;
    expect(critical!['p50']!).toBeLessThan(normal!['p50']! / 4);
  });

  test('statistics of the queues add up', async () => {
    const { report, result } = await drive({ vectors: randomVectors(200, 2, 4) });
    const rows = (name: string): number[][] => {
      const line = new RegExp(`^  ${name} +(\\d+) +(\\d+) +(\\d+) +(\\d+)$`, 'gm');
      return [...report.matchAll(line)].map((row) => row.slice(1).map(Number));
    };
    const alerts = Number(result['alerts_sent']);
    expect(rows('sent')).toEqual([[alerts, 0, 200, 0], [0, 0, 200, 0]]);
    expect(rows('received')).toEqual([[alerts, 0, 200, 0], [0, 0, 200, 0]]);
    expect(rows('bytes sent')).toEqual([[16 * alerts, 0, 24 * 200, 0], [0, 0, 16 * 200, 0]]);
    expect(rows('bytes received')).toEqual(rows('bytes sent'));
  });

  test('the classes are counted', async () => {
    const vectors = randomVectors(100, 2, 8);
    const { report } = await drive({ vectors, classes: [31, 69] });
    const answers = expectedAnswers(vectors, [31, 69]);
    const answered = (number: number): number => answers.filter((answer) => answer === number).length;
    const right = (start: number, end: number, number: number): number =>
      answers.filter((answer, i) => i >= start && i < end && (i - start) % 2 === 1 && answer === number).length;
    expect(report).toMatch(new RegExp(`^ +0 +31 +${answered(0)} +15 +${right(0, 31, 0)}$`, 'm'));
    expect(report).toMatch(new RegExp(`^ +1 +69 +${answered(1)} +34 +${right(31, 100, 1)}$`, 'm'));
  });
});

describe('a fault shows in the report', () => {
  const vectors = randomVectors(400, 2, 6);
  const faulty = (edits: Edit[]): Promise<Outcome> => drive({ vectors, edits });

  test('a queue that serves the least urgent first', async () => {
    const { code, result } = await faulty([{
      file: 'kernel/path/3-lane.ts', from: 'const first = Math.clz32(lanes);', to: 'const first = Math.clz32(lanes & -lanes);',
    }]);
    expect(code).toBe(layout.EXIT_FAILED);
    expect(Number(result['priority_inversions'])).toBeGreaterThan(0);
    expect(result).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, completed: 400 });
  });

  test('a completion that never comes', async () => {
    const { code, result, report } = await faulty([{
      file: 'programs/classifier.ts', from: 'const status = capComplete(',
      to: 'if (index === 7) return;\n  const status = capComplete(',
    }]);
    expect(code).toBe(layout.EXIT_FAILED);
    expect(result).toMatchObject({ lost: 1, duplicated: 0, reordered: 0, received: 400, completed: 399 });
    expect(report).toContain('Lost 1, ');
  });

  test('a completion that comes twice', async () => {
    (globalThis as { again?: number }).again = 0;
    const { code, result } = await faulty([{
      file: 'kernel/path/4-ring.ts', from: '  storeRelease32(ring, RING_CONSUMED, next); // [free]',
      to: '  if (next !== 8 || globalThis.again++ > 0) storeRelease32(ring, RING_CONSUMED, next);',
    }]);
    expect(code).toBe(layout.EXIT_FAILED);
    // The collector saw it twice, so the second time behind itself; the classifiers did not.
    expect(result).toMatchObject({ duplicated: 1, lost: 0, completed: 400, reordered: 1 });
  });

  test('a completion that comes twice, the second time after everything is answered', async () => {
    (globalThis as { again?: number }).again = 0;
    const { code, result } = await drive({ vectors: [[1]], edits: [{
      file: 'kernel/path/4-ring.ts', from: '  storeRelease32(ring, RING_CONSUMED, next); // [free]',
      to: '  if (globalThis.again++ > 0) storeRelease32(ring, RING_CONSUMED, next);',
    }] });
    expect(code).toBe(layout.EXIT_FAILED);
    expect(result).toMatchObject({ duplicated: 1, lost: 0, completed: 1 });
  });

  test('vectors out of order', async () => {
    const { code, result, job } = await faulty([
      // Appended by twos, and sent the second one first.
      {
        file: 'programs/sensor.ts', from: '=== index) sensorAppend(job, space, index);',
        to: '=== index) { sensorAppend(job, space, index); sensorAppend(job, space, index + 1); }',
      },
      {
        file: 'programs/sensor.ts', from: '  const wakes',
        to: '  store32(descriptor, DESCRIPTOR_OFFSET_LOW, (index ^ 1) * load32(job, JOB_STRIDE_BYTES));\n  const wakes',
      },
      { file: 'programs/sensor.ts', from: 'descriptor, index, timeMicros32()', to: 'descriptor, index ^ 1, timeMicros32()' },
    ]);
    expect(code).toBe(layout.EXIT_FAILED);
    const seen = [0, 1].map((number) => machine.load32(layout.jobClassifier(job, number), layout.CLASSIFIER_REORDERED));
    expect(seen[0]! + seen[1]!).toBeGreaterThan(0);
    expect(result['reordered']).toBe(seen[0]! + seen[1]! + machine.load32(job, layout.COLLECTOR_REORDERED));
    expect(result).toMatchObject({ lost: 0, duplicated: 0, completed: 400 });
  });

  test('a message received but not counted', async () => {
    const { code, result } = await faulty([{
      file: 'programs/classifier.ts', from: 'countUp(classifier, CLASSIFIER_VECTORS);',
      to: 'if (index !== 7) countUp(classifier, CLASSIFIER_VECTORS);',
    }]);
    expect(code).toBe(layout.EXIT_FAILED);
    expect(result).toMatchObject({ received: 399, completed: 400, lost: 0 });
  });

  test('alerts out of order', async () => {
    const { code, result } = await faulty([
      { file: 'programs/alerts.ts', from: 'workAlertWrite(message, number,', to: 'workAlertWrite(message, number ^ 1,' },
      // Numbers that go up and down look overtaken as well; here only their order counts.
      { file: 'programs/inversion.ts', from: 'number < load32(classifier, CLASSIFIER_OVERTAKEN)', to: 'number < 0' },
    ]);
    expect(code).toBe(layout.EXIT_FAILED);
    expect(Number(result['reordered'])).toBeGreaterThan(0);
  });

  test.each<[string, Edit]>([
    ['one bit of one vector is another', {
      file: 'programs/sensor.ts', from: '  workVectorWrite(room, values, dimension);\n',
      to: '  workVectorWrite(room, values, dimension);\n  if (index === 7) store32(room, 20, load32(room, 20) ^ 1);\n',
    }],
    ['a region that changes once it was sent', {
      file: 'programs/sensor.ts', from: 'else {\n    store32(job, SENSOR_NEXT',
      to: 'else {\n    if (index === 7) store32(capRegionAddress(space, load32(job, JOB_VECTORS_CAP), 7 * 24, 24), 20, 0);\n    store32(job, SENSOR_NEXT',
    }],
  ])('%s', async (_name, edit) => {
    const { code, report, result } = await faulty([edit]);
    expect(code).toBe(layout.EXIT_FAILED);
    expect(result).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, completed: 400, priority_inversions: 0 });
    expect(result['bytes_checksum']).not.toBe(expectedBytes(vectors));
    expect(report).toContain('\nWhat was read is not what the input has\n');
  });

  test('an alert that is lost', async () => {
    const { code, result } = await faulty([{
      file: 'programs/alerts.ts', from: 'const status = capSend(', to: 'const status = number === 3 ? 0 : capSend(',
    }]);
    expect(code).toBe(layout.EXIT_FAILED);
    expect(result['alerts_received']).toBe(Number(result['alerts_sent']) - 1);
  });

  test('a descriptor that is not its vector stops everything', async () => {
    const edit = { file: 'programs/sensor.ts', from: 'OFFSET_LOW, offset);', to: 'OFFSET_LOW, index === 0 ? 0 : offset - load32(job, JOB_STRIDE_BYTES));' };
    await expect(faulty([edit])).rejects.toThrow('halt: classifier: torn message 1');
  });

  const sensor = (from: string, to: string): Edit => ({ file: 'programs/sensor.ts', from, to });
  test.each<[string, Edit[], string]>([
    ['in another region', [sensor('DESCRIPTOR_REGION, vectors)', 'DESCRIPTOR_REGION, load32(job, JOB_INPUT_CAP))')], 'sensor: submit -23'],
    ['of another length', [sensor('load32(job, JOB_MESSAGE_BYTES))', 'load32(job, JOB_MESSAGE_BYTES) - 4)')], 'sensor: submit -23'],
    ['of another dimension', [sensor('values, dimension)', 'values, dimension - 1)')], 'sensor: submit -23'],
    ['of another dimension and length', [
      sensor('values, dimension)', 'values, dimension - 1)'), sensor('load32(job, JOB_MESSAGE_BYTES))', 'load32(job, JOB_MESSAGE_BYTES) - 4)'),
    ], 'classifier: torn message 0'],
    ['that is an alert', [
      sensor('values, dimension);', 'values, dimension);\n  store32(room, 0, 1); store32(room, 12, 0);'),
      sensor('load32(job, JOB_MESSAGE_BYTES))', '16)'),
    ], 'classifier: torn message 0'],
    ['sent as an alert', [{
      file: 'programs/alerts.ts', from: 'ACTION_LOG | ACTION_WAKE);', to: 'ACTION_LOG | ACTION_WAKE);\n  for (let k = 0; k < 16; k += 4) store32(message, k, 0);',
    }], 'classifier: no alert 0'],
  ])('a vector %s stops everything', async (_name, edits, halt) => {
    await expect(faulty(edits)).rejects.toThrow(`halt: ${halt}`);
  });

  test.each<[string, Edit]>([
    ['the schema', {
      file: 'kernel/schema/bind.ts', from: 'return schemaValidate(program, at, bytes, typed) < 0 ? typedRefuse(typed) : STATUS_OK;', to: 'return STATUS_OK;',
    }],
    ['the policy of a Slab', { file: 'kernel/region/span.ts', from: 'if (policy === refused) return STATUS_POLICY;', to: '' }],
    ['a revoke', {
      file: 'kernel/capability/revoke.ts', from: 'if (compareExchange32(entry, CAPABILITY_HANDLE, word, WORD_ENDING | cap) === word)', to: 'if (false)',
    }],
  ])('a wrong sender that gets past %s', async (_name, edit) => {
    const { code, report, result } = await faulty([edit]);
    expect(code).toBe(layout.EXIT_FAILED);
    expect(report).toContain('; received all the same 1;');
    expect(result).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, completed: 400 });
  });

  test("a wrong sender that uses the sensor's capability", async () => {
    await expect(faulty([{
      file: 'programs/wrong.ts', from: 'return capSend(space, cap,', to: 'return capSend(cap === load32(job, JOB_SENSOR_CAP) ? jobSpace(job, 0) : space, cap,',
    }])).rejects.toThrow('halt: classifier: torn message 0');
  });

  test('a status that cannot be stops everything', async () => {
    await expect(faulty([{ file: 'programs/sensor.ts', from: 'DESCRIPTOR_RESERVED, 0);', to: 'DESCRIPTOR_RESERVED, 1);' }]))
      .rejects.toThrow('halt: sensor: submit -9');
  });
});

test('alerts that find their lane full are refused and counted, and none is lost', async () => {
  const { program, printed } = await buildProgram();
  const job = placeJob(program, encodeVectors(randomVectors(3, 2, 1)));
  program.jobPrepare(job);
  program.alertsTick(job);
  expect(machine.load32(job, layout.ALERTS_SENT)).toBe(0); // the roles have not started
  machine.store32(job, layout.ROLES_STARTED, layout.ROLES_AT_START);
  for (let i = 0; i < layout.WORK_RING_SLOTS + 5; i++) program.alertsTick(job);
  expect(machine.load32(job, layout.ALERTS_SENT)).toBe(layout.WORK_RING_SLOTS);
  expect(machine.load32(job, layout.ALERTS_REFUSED)).toBe(5);
  machine.store32(job, layout.COLLECTOR_STOP, 1);
  expect(program.alertsStep(job)).toBe(0);
  expect(machine.load32(job, layout.ALERTS_STOPPED)).toBe(1);
  program.alertsTick(job);
  expect(machine.load32(job, layout.ALERTS_SENT)).toBe(layout.WORK_RING_SLOTS);
  expect(program.reportPrint(job)).toBe(layout.EXIT_FAILED);
  const report = printed();
  expect(report).toMatch(/bytes sent +1024 +0 +0 +0\n  bytes received +0 +0 +0 +0\n  found full +5 +0 +0 +0\n/);
  expect(report).toContain('"alerts_sent":64,"alerts_received":0,"alerts_refused":5,');
});

test('more memory than there can be is not less than there is', async () => {
  const { program } = await buildProgram();
  const products = [[3, 24], [0, 24], [1 << 28, 24], [1 << 30, 4], [0x7fffffff, 1]].map(([count, bytes]) => program.arenaTimes(count!, bytes!));
  expect(products).toEqual([72, 0, 0x7fffffff, 0x7fffffff, 0x7fffffff]);
});

test('roles are spread over the cores there are', async () => {
  const { program } = await buildProgram();
  const cores = (count: number): number[] => ROLES.map((role) => program.roleCore(role, count));
  expect([1, 2, 3, 4, 8].map(cores)).toEqual([[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 2, 0], [0, 1, 2, 3], [0, 1, 2, 3]]);
});

test('too little memory is refused in one line, whatever does not fit', async () => {
  const { program, printed } = await buildProgram();
  const input = encodeVectors(randomVectors(2000, 40, 1));
  let fitting = 0;
  for (let bytes = 1024; fitting === 0; bytes += 4096) {
    const job = placeJob(program, input, undefined, 'a.fvecs', bytes);
    const code = job === 0 ? layout.EXIT_REFUSED : program.jobPrepare(job);
    const text = printed();
    if (code === layout.EXIT_OK) fitting = bytes;
    else if (job !== 0) expect(text).toMatch(/^a\.fvecs: record 0, byte 0: .*bytes.*\(MEMORY=\)\n$/);
    // Nothing behind the memory given was touched.
    expect(memoryBytes[((4096 + input.length + 63) & ~63) + 4096 + bytes]).toBe(0xff);
  }
  expect(fitting).toBeGreaterThan(110_000);
});
