/**
 * The whole program in processes of its own: under Node, and booted by QEMU with 1, 2 and 4 cores. Both say the same, and it
 *   is right.
 */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { convertDigits, digitsFolder } from '../../src/cli/digits.ts';
import packageJson from '../../package.json' with { type: 'json' };
import {
  decodeVectors, digits, encodeVectors, expectedAccuracy, expectedAnswers, expectedBytes, expectedChecksum, makeImage, nodeArguments,
  qemuArguments, randomVectors, run, runNode, runQemu, temporaryFolder, writeVectors, type Finished,
} from './support.ts';

const LIMIT = 180_000;
const folder = temporaryFolder();

beforeAll(() => makeImage(), 600_000);

/** Exit code 0, everything once and in order, these answers, and the wrong sender refused. */
const expectClean = (finished: Finished, expected: Record<string, unknown>): void => {
  expect(finished, finished.output + finished.errors).toMatchObject({ code: 0, errors: '' });
  expect(finished.result).toMatchObject({
    lost: 0, duplicated: 0, reordered: 0, priority_inversions: 0, refused_schema: 1, refused_policy: 1, refused_capability: 2, ...expected,
  });
  expect(finished.output).toContain('  refused   schema: work.alert.actions: undefined flag bit (3 flags) at byte 13\n');
  expect(finished.result!['alerts_received']).toBe(finished.result!['alerts_sent']);
};

describe('the same answers on both targets and any number of cores', () => {
  test.each([
    { records: 1, dimension: 1 }, { records: 130, dimension: 1, classes: [7, 123] },
    { records: 300, dimension: 17, classes: [100, 1, 199] }, { records: 40, dimension: 4096 }, { records: 3, dimension: 65_536 },
  ])('%o', async ({ records, dimension, classes }) => {
    const vectors = randomVectors(records, dimension, records + dimension);
    const input = writeVectors(folder, `${records}x${dimension}.fvecs`, vectors);
    const answers = expectedAnswers(vectors, classes);
    const checksum = expectedChecksum(answers);
    const expected = { vectors: records, dimension, sent: records, received: records, completed: records, checksum };
    const options = classes === undefined ? {} : { classes };
    expectClean(await runNode(input, { ...options, cpus: 2 }), { ...expected, target: 'node', cores: 2 });
    for (const cpus of [1, 2, 4]) {
      expectClean(await runQemu(input, { ...options, cpus }), { ...expected, target: 'virt', cores: cpus });
    }
  }, LIMIT);

  test('100,000 short vectors', async () => {
    const vectors = randomVectors(100_000, 2, 5);
    const input = writeVectors(folder, 'many.fvecs', vectors);
    const expected = { vectors: 100_000, completed: 100_000, checksum: expectedChecksum(expectedAnswers(vectors)) };
    expectClean(await runNode(input), expected);
    expectClean(await runQemu(input, { cpus: 4 }), expected);
  }, LIMIT);
});

describe('the digits', () => {
  let classes: number[];
  let expected: Record<string, unknown>;
  beforeAll(() => {
    if (!existsSync(digits)) convertDigits(digitsFolder(), digits);
    classes = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978];
    const vectors = decodeVectors(digits);
    const answers = expectedAnswers(vectors, classes);
    const bytes = expectedBytes(vectors);
    const accuracy = Number(expectedAccuracy(answers, classes).toFixed(4));
    expected = { vectors: 10_000, dimension: 784, completed: 10_000, accuracy, checksum: expectedChecksum(answers), bytes_checksum: bytes };
  }, LIMIT);

  /** A log with a hole for each number, and one space for several. */
  const shape = (output: string): string =>
    output.replaceAll(/\b0x[0-9a-f]{8}\b/g, 'HEX').replaceAll(/\d+(\.\d+)*/g, '#').replaceAll(/ +/g, ' ');
  const between = (text: string, from: string, to: string): string => text.slice(text.indexOf(from), text.indexOf(to));

  test('are told apart as plain JavaScript does, with the same report on both targets', async () => {
    const node = await runNode(digits, { classes });
    const qemu = await runQemu(digits, { classes, cpus: 4 });
    expectClean(node, expected);
    expectClean(qemu, expected);
    expect(expected['accuracy']).toBeGreaterThan(0.75);
    expect(shape(between(qemu.output, 'Classes', 'RESULT'))).toBe(shape(between(node.output, 'Classes', 'RESULT')));
    expect(between(shape(qemu.output), 'ruvix', '\n\n')).toBe([
      'ruvix-queue #: classify',
      ' machine virt, # cores, entered at EL#, GICv#, timer at # Hz',
      ' image HEX # bytes',
      ' memory HEX # bytes free of # MiB',
      ' input HEX # bytes: # vectors of # float#',
      ' region HEX # bytes, Immutable: the input',
      ' region HEX # bytes, AppendOnly: the vectors',
      ' region HEX # bytes, Slab: the queues',
      ' queue # senders, # receivers, # priorities, # slots a lane, # completions',
      ' schema ruvix:job/messages#work, number #: every message is validated before it is queued',
      ' rights boot: none; wrong sender: none',
      ' sensor and collector: Immutable region (read), AppendOnly region (read, write), queue (revoke), sender (write)',
      ' alerts: sender (write)',
      ' classifier #: receiver (read), AppendOnly region (read)',
      ' classifier #: receiver (read), AppendOnly region (read)',
      ' refused schema: work.alert.actions: undefined flag bit (# flags) at byte #',
      ' refused policy: a descriptor into a Slab, which its owner could rewrite',
      " refused capability: the sensor's, of another space",
      ' refused capability: its own, revoked',
      ' classes #, references are the means of every second record',
      ' roles sensor and alerts on core #, classifiers on # and #, collector on #',
      ...Array<string>(10).fill(' # % # of # vectors, # alerts'),
    ].join('\n'));
    expect(qemu.output.split('\n')[0]).toBe(`ruvix-queue ${packageJson.version}: classify`);
  }, LIMIT);

  test('on one core, where everything takes turns', async () => {
    const { result } = await runQemu(digits, { classes, cpus: 1 });
    expect(result).toMatchObject({ ...expected, cores: 1, lost: 0, priority_inversions: 0 });
    const { normal, critical } = result!['latency_microseconds'] as Record<string, Record<string, number>>;
    // An alert waits for one vector at most, a vector for a lane of them.
    expect(critical!['p50']!).toBeLessThan(normal!['p50']!);
  }, LIMIT);

  /** Starts a run, calls `interrupt` when it has begun to progress, and gives its exit code and output. */
  const interrupted = (command: string, commandArguments: string[], interrupt: (child: ReturnType<typeof spawn>) => void) =>
    new Promise<{ code: number | null; output: string }>((finish) => {
      const child = spawn(command, commandArguments, { stdio: ['pipe', 'pipe', 'inherit'] });
      const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
      let output = '';
      let isDone = false;
      child.stdout!.on('data', (data) => {
        output += String(data);
        if (!isDone && / 10 %/.test(output)) {
          isDone = true;
          interrupt(child);
        }
      });
      child.on('close', (code) => {
        clearTimeout(timer);
        finish({ code, output: output.replaceAll('\r', '') });
      });
    });

  test('Ctrl-C ends a run under Node', async () => {
    const { code, output } = await interrupted(process.execPath, nodeArguments(digits, { classes }),
      (child) => child.kill('SIGINT'));
    expect(code).toBe(130);
    expect(output).toMatch(/Interrupted\.\n$/);
    expect(output).not.toContain('RESULT');
  }, LIMIT);

  test('Ctrl-C ends a run under QEMU', async () => {
    const { code, output } = await interrupted('qemu-system-aarch64', qemuArguments(digits, [`classes=${classes.join(',')}`]),
      (child) => child.stdin!.write('x\x03'));
    expect(code).toBe(130);
    expect(output).toMatch(/Interrupted\.\n$/);
    expect(output).not.toContain('RESULT');
  }, LIMIT);
});

describe('a refused input is one line and exit code 2, on both targets', () => {
  const good = encodeVectors(randomVectors(6, 3, 1));
  const damaged = (change: (bytes: Buffer) => Buffer | void): Buffer => {
    const bytes = Buffer.from(good);
    return change(bytes) ?? bytes;
  };
  const file = (bytes: Buffer): string => {
    const path = join(folder, 'refused.fvecs');
    writeFileSync(path, bytes);
    return path;
  };

  test.each([
    ['an empty file', Buffer.alloc(0), undefined, 'record 0, byte 0: the file is empty'],
    ['half a record', damaged((b) => b.subarray(0, 90)), undefined,
      'record 5, byte 80: the file ends inside the record, after 10 of its 16 bytes'],
    ['a wrong dimension', damaged((b) => { b.writeInt32LE(0, 0); }), undefined,
      'record 0, byte 0: the dimension is 0, and must be 1 to 65536'],
    ['another dimension', damaged((b) => { b.writeInt32LE(4, 32); }), undefined,
      'record 2, byte 32: the dimension changes from 3 to 4'],
    ['NaN', damaged((b) => { b.writeFloatLE(NaN, 40); }), undefined, 'record 2, byte 40: value 1 is NaN'],
    ['classes that do not fit', good, [3, 4], undefined],
  ])('%s', async (_name, bytes, classes, reason) => {
    const path = file(bytes);
    const options = classes === undefined ? {} : { classes };
    const line = (name: string): string =>
      (reason === undefined ? 'classes: the counts add up to more than the 6 records of the input\n' : `${name}: ${reason}\n`);
    expect(await runNode(path, options)).toMatchObject({ code: 2, output: line(path), errors: '' });
    expect(await runQemu(path, options)).toMatchObject({ code: 2, output: line('initrd'), errors: '' });
  }, LIMIT);

  test('a name given by input= is used for it', async () => {
    const words = ['classes=1', 'input=some/file.fvecs', 'x=y'];
    const found = await run('qemu-system-aarch64', qemuArguments(file(Buffer.alloc(0)), words));
    expect(found).toMatchObject({ code: 2, output: 'some/file.fvecs: record 0, byte 0: the file is empty\n' });
  }, LIMIT);

  test('no input at all', async () => {
    expect(await runQemu(undefined)).toMatchObject({ code: 2, output: 'initrd: record 0, byte 0: the file is empty\n' });
    expect(await runNode(join(folder, 'missing.fvecs'))).toMatchObject({ code: 2, output: '' });
    expect((await runNode(join(folder, 'missing.fvecs'))).errors).toMatch(/^[^\n]*missing\.fvecs[^\n]*\n$/);
  }, LIMIT);

  test('an input larger than the memory', async () => {
    const path = writeVectors(folder, 'large.fvecs', randomVectors(300, 1000, 1));
    const refused = await runNode(path, { memory: 1 });
    expect(refused).toMatchObject({ code: 2, output: '' });
    expect(refused.errors).toBe(`${path}: record 0, byte 0: 1201200 bytes do not fit into the memory given (MEMORY=)\n`);
  }, LIMIT);

  test('an input that fits, but not as messages beside it', async () => {
    const path = writeVectors(folder, 'twice.fvecs', randomVectors(300, 1000, 1));
    const line = /record 0, byte 0: beside the input the job needs \d+ bytes more memory than there is \(MEMORY=\)\n$/;
    const node = await runNode(path, { memory: 2 });
    expect([node.code, node.errors]).toEqual([2, '']);
    expect(node.output).toMatch(line);
    const qemu = await runQemu(digits, { memory: 64, cpus: 1 });
    expect(qemu.code).toBe(2);
    expect(qemu.output).toMatch(line);
    expectClean(await runQemu(digits, { memory: 80, cpus: 1 }), { vectors: 10_000 });
  }, LIMIT);

  test.each([[['--cpus', '0']], [['--cpus', 'two']], [['--unknown']], [[]]])('wrong options %j', async (words) => {
    const refused = await run(process.execPath, ['--import', 'tsx', 'src/programs/classify.node.ts', ...words]);
    expect(refused).toMatchObject({ code: 2, output: '' });
    expect(refused.errors).toMatch(/^[^\n]+\n$/);
  }, LIMIT);
});
