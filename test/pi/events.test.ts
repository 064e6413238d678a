/** The rings of events: decoded from made-up memory, from a panic's report, and from a program's run on virt and on rpi3. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ramOptions, ringsOf } from '../../src/cli/events.ts';
import { decodeLog, decodeRings, renderLog, renderTrace, RINGS_BYTES, RING_BYTES, type Event } from '../../src/cli/trace.ts';
import { checks, compileTree, folder, removeFolder, run, type Machine } from '../boot/machine.ts';

afterAll(removeFolder);
vi.setConfig({ testTimeout: 120_000 });

const put = (dump: Buffer, core: number, n: number, [time, kind, task, first, second]: readonly number[]): void => {
  const at = core * RING_BYTES + 64 + (n % 1024) * 16;
  dump.writeUInt32LE(time!, at);
  dump.writeUInt32LE((kind! << 24 | task! << 16 | (n & 0xffff)) >>> 0, at + 4);
  dump.writeInt32LE(first!, at + 8);
  dump.writeInt32LE(second!, at + 12);
};

describe('decoding', () => {
  test('in the order of time, across the wrap of the clock, with tasks and without', () => {
    const dump = Buffer.alloc(RINGS_BYTES);
    dump.writeUInt32LE(2, 0);
    dump.writeUInt32LE(1, 3 * RING_BYTES);
    put(dump, 0, 0, [0xfffffff0, 1, 4, 0, 7]);
    put(dump, 0, 1, [0x00000010, 4, 255, 27, 0]);
    put(dump, 3, 0, [0x00000000, 2, 5, 0, 7]);
    const { events, lost } = decodeRings(dump);
    expect(lost).toBe(0);
    expect(events).toEqual([
      { core: 0, time: 0, kind: 'send', task: 4, first: 0, second: 7 },
      { core: 3, time: 16, kind: 'receive', task: 5, first: 0, second: 7 },
      { core: 0, time: 32, kind: 'interrupt', first: 27, second: 0 },
    ]);
    expect(renderLog(events)).toBe(
      '       0.000 ms  core 0  task 4    send       message 7 into channel 0\n'
      + '       0.016 ms  core 3  task 5    receive    message 7 out of channel 0\n'
      + '       0.032 ms  core 0            interrupt  number 27\n');
  });

  test('a full ring keeps the last; an entry that was being written is counted, not shown', () => {
    const dump = Buffer.alloc(RINGS_BYTES);
    dump.writeUInt32LE(70_000, 0);
    for (let n = 70_000 - 1024; n < 70_000; n++) put(dump, 0, n, [n, 3, 1, 2, 3]);
    put(dump, 0, 69_999, [1, 0, 0, 0, 0]);
    const { events, lost } = decodeRings(dump);
    expect([events.length, lost]).toEqual([1023, 70_000 - 1024 + 1]);
    expect(events.at(-1)!.time).toBe(69_998 - (70_000 - 1024));
  });

  test('the trace has a track for each core and an arrow from each send to its one receive', () => {
    const event = (core: number, time: number, kind: Event['kind'], second: number): Event => ({ core, time, kind, first: 0, second });
    const { traceEvents } = JSON.parse(renderTrace([
      event(0, 1, 'send', 1), event(1, 2, 'receive', 1), event(0, 3, 'send', 2), event(0, 4, 'interrupt', 3), event(1, 5, 'receive', 9),
    ])) as { traceEvents: { ph: string; name: string; tid: number; ts: number; id?: number }[] };
    const of = (ph: string) => traceEvents.filter((one) => one.ph === ph);
    expect(of('M').map(({ tid }) => tid)).toEqual([0, 1]);
    expect(of('X').map(({ name, tid, ts }) => [name, tid, ts])).toEqual([
      ['send', 0, 1], ['receive', 1, 2], ['send', 0, 3], ['interrupt', 0, 4], ['receive', 1, 5],
    ]);
    expect(of('s').map(({ tid, ts, id }) => [tid, ts, id])).toEqual([[0, 1, 1]]);
    expect(of('f').map(({ tid, ts, id }) => [tid, ts, id])).toEqual([[1, 2, 1]]);
  });
});

describe('on a board', () => {
  let image: string;
  let rpi3: Machine;
  beforeAll(async () => {
    image = await checks();
    rpi3 = { board: 'rpi3', cpus: 4, cpu: 'cortex-a53', memoryMebibytes: 1024, tree: await compileTree('qemu/rpi3.dts') };
  }, 300_000);

  test.each(['virt', 'rpi3'])('%s: all five kinds, from two cores, out of the machine\'s memory', async (board) => {
    const ram = path.join(folder, `ram-${board}`);
    const machine: Machine = board === 'rpi3' ? rpi3 : {};
    const { exitCode } = await run(image, { ...machine, arguments: ['run=trace'], extra: ramOptions(ram, machine.memoryMebibytes ?? 128) });
    expect(exitCode).toBe(0);
    const { events } = decodeRings(ringsOf(image.replace('.img', '.elf'), ram));
    const of = (kind: string): Event[] => events.filter((one) => one.kind === kind);
    expect(of('send')).toMatchObject([{ core: 0, first: 3, second: 100 }, { core: 0, first: 3, second: 101 }]);
    expect(of('receive')).toMatchObject([{ core: 1, first: 3, second: 100 }, { core: 1, first: 3, second: 101 }]);
    expect(of('revoke')).toMatchObject([{ core: 0, first: 9, second: -1 }]);
    expect(of('wake').length).toBeGreaterThan(0);
    expect(of('interrupt').some(({ core }) => core === 1)).toBe(true);
    expect(renderTrace(events)).toContain('"ph":"s"');
  });

  test('of the main job: the revoke, every vector into the queue and out of it, and every completion back', async () => {
    const input = path.join(folder, 'few.fvecs');
    const vectors = Array.from({ length: 20 }, (_, k) => [...new Uint8Array(Int32Array.of(1).buffer), ...new Uint8Array(Float32Array.of(k).buffer)]);
    writeFileSync(input, Uint8Array.from(vectors.flat()));
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/events.ts', '--input', input], { encoding: 'utf8' });
    expect(stdout).toMatch(/\n\d+ events of 4 cores, 0 older ones overwritten\n/);
    const log = readFileSync('build/events/classify.log', 'utf8');
    expect(log.match(/ revoke +object 0, \d+\n/g)).toHaveLength(1);
    for (const [kind, end] of [['send', 'into channel 0'], ['receive', 'out of channel 0'], ['send', 'into channel 2'], ['receive', 'out of channel 2']] as const) {
      const numbers = [...log.matchAll(new RegExp(` ${kind} +message (\\d+) ${end}\n`, 'g'))].map((match) => Number(match[1]));
      expect(numbers.sort((a, b) => a - b), `${kind} ${end}`).toEqual(Array.from({ length: 20 }, (_, k) => k));
    }
  });

  test('a panic prints the last events of every core, and a log with it is decoded', async () => {
    const { text } = await run(image, { arguments: ['run=trace', 'fault=halt'] });
    expect(text).toMatch(/\n {2}events of core 0, the last of \d+:\n(?: {4}\d+ (?:send|receive|wake|interrupt|revoke) +-?\d+ -?\d+.*\n)+/);
    const { events } = decodeLog(text.replaceAll('\n', '\r\n'));
    expect(events.filter(({ kind }) => kind === 'receive')).toMatchObject([{ core: 1, first: 3, second: 100 }, { core: 1, first: 3, second: 101 }]);
    const log = path.join(folder, 'board.txt');
    writeFileSync(log, text);
    const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/events.ts', '--log', log], { encoding: 'utf8' });
    expect(stdout).toMatch(/^\d+ events of 2 cores, 0 older ones overwritten\n {2}build\/events\/board\.log\n/);
    expect(status).toBe(0);
    expect(existsSync('build/events/board.json') && readFileSync('build/events/board.log', 'utf8')).toContain('message 101 out of channel 3');
  });
});
