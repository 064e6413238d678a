/** The serial loader on QEMU's Raspberry Pi 3, over a pseudo-terminal: good transfers, and every bad one. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { chainload, crc32, headerOf, type ChainloadOptions } from '../../src/cli/chainload.ts';
import { openPort } from '../../src/cli/serial.ts';
import { checks, compileTree, folder, imageOf, removeFolder } from '../boot/machine.ts';
import { lineTo, tinyKernel, type Line } from './line.ts';

/** What the kernels say: the real one asks, when all its cores have started. */
const [TINY, QUESTION] = ['TINY runs', 'type, and end with !'];
const [BYTES, CUT] = [3000, 1700];
let loader: string;
/** A short kernel, and a real one. */
let kernel: Buffer;
let kernelPath: string;
let realPath: string;
let tree: string;
let line: Line;
let port: SerialPort;
beforeAll(async () => {
  loader = await imageOf('src/programs/loader.ts');
  realPath = await checks();
  kernelPath = tinyKernel(folder);
  kernel = readFileSync(kernelPath);
  expect(kernel.length).toBe(BYTES);
  tree = await compileTree('qemu/rpi3.dts', (source) => source.replace('chosen { };', 'chosen { bootargs = "run=echo"; };'));
}, 300_000);
afterEach(async () => {
  if (port?.isOpen) await new Promise((done) => port.close(done));
  await line?.end();
});
afterAll(removeFolder);
vi.setConfig({ testTimeout: 120_000 });

const connect = async (): Promise<void> => {
  line = await lineTo(loader, tree);
  port = await openPort(line.path);
};
/** Sends, then returns what came, up to the kernel's words. */
const load = async (image: Buffer, words: string, spoil?: ChainloadOptions['spoil']): Promise<{ said: string[]; log: string }> => {
  await connect();
  const said: string[] = [];
  let log = '';
  const asked = new Promise<void>((done) => port.on('data', (chunk: Buffer) => {
    log += chunk.toString('latin1');
    if (log.includes(words)) done();
  }));
  await chainload(port, image, { say: (words) => said.push(words.trim()), ...(spoil === undefined ? {} : { spoil }) });
  port.resume();
  await asked;
  return { said: said.filter((words) => words.startsWith('attempt')), log };
};

test('the checksum is the one of zip files', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  expect(crc32(Buffer.alloc(0))).toBe(0);
});

describe('a kernel over the line', () => {
  test('a real one arrives and starts, with all four cores', async () => {
    const result = await load(readFileSync(realPath), QUESTION);
    expect(result.said).toEqual([]);
    expect(result.log).toContain('LOADER starting');
  });

  test('a changed byte, a transfer that breaks off, a changed header, a wrong checksum in it: each said, then sent again', async () => {
    const result = await load(kernel, TINY, (attempt, header, image) => {
      const [changed, spoiled] = [Buffer.from(header), Buffer.from(image)];
      if (attempt === 1) spoiled[2500]! ^= 1;
      if (attempt === 2) return { header, image: image.subarray(0, CUT) };
      if (attempt === 3) changed[5]! ^= 0x10;
      if (attempt === 4) {
        headerOf(Buffer.concat([image, Buffer.of(1)])).copy(changed, 8, 8, 12);
        changed.writeUInt32LE(crc32(changed.subarray(0, 12)), 12);
      }
      return { header: changed, image: spoiled };
    });
    expect(result.said).toEqual([
      'attempt 1 of 5: bad checksum', 'attempt 2 of 5: timeout 1700', 'attempt 3 of 5: bad header', 'attempt 4 of 5: bad checksum',
    ]);
  });

  test('rubbish before the header is passed over', async () => {
    const result = await load(kernel, TINY, (_attempt, header, image) =>
      ({ header: Buffer.concat([Buffer.from('RVRVXRVX\0\xffRV', 'latin1'), header]), image }));
    expect(result.said).toEqual([]);
  });

  test('what is no kernel, too long or too short is refused, and never started', async () => {
    await connect();
    const refused = async (image: Buffer, header = headerOf(image)): Promise<string> => {
      const said: string[] = [];
      await expect(chainload(port, image, { say: (words) => said.push(words.trim()), spoil: () => ({ header, image }) })).rejects.toThrow('in 5 attempts');
      return said.at(-1)!;
    };
    expect(await refused(Buffer.alloc(500, 1))).toBe('attempt 5 of 5: no kernel');
    expect(await refused(Buffer.alloc(10))).toBe('attempt 5 of 5: bad length 10');
    const huge = headerOf(Buffer.alloc(10));
    huge.writeUInt32LE(0x2000000, 4);
    huge.writeUInt32LE(crc32(huge.subarray(0, 12)), 12);
    expect(await refused(Buffer.alloc(10), huge)).toBe('attempt 5 of 5: bad length 33554432');
  });

  test('nobody there: said, with what to look at', async () => {
    line = await lineTo(kernelPath, tree);
    port = await openPort(line.path);
    await expect(chainload(port, kernel, { patienceMilliseconds: 2500 })).rejects.toThrow('No loader answers.');
  });

  test('as a person types it: the transfer, then the console', async () => {
    line = await lineTo(loader, tree);
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/chainload.ts', '--port', line.path, '--image', kernelPath]);
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes(TINY)) child.stdin.end();
    });
    child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
    const code = await new Promise((done) => child.on('close', done));
    expect(errors).toContain(`100 % of ${kernel.length} bytes\nStarted; this is the console now, Ctrl-A x leaves.\n`);
    expect(out).toMatch(/^TINY runs\n+$/);
    expect(code).toBe(0);
  });
});
