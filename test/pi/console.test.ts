/** The console command: against QEMU's Raspberry Pi 3 on a pseudo-terminal, and against ports that cannot be opened. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { spawn, spawnSync } from 'node:child_process';
import { compileTree, folder, removeFolder } from '../boot/machine.ts';
import { lineTo, tinyKernel } from './line.ts';

let image: string;
let tree: string;
beforeAll(async () => {
  image = tinyKernel(folder);
  tree = await compileTree('qemu/rpi3.dts');
});
afterAll(removeFolder);
vi.setConfig({ testTimeout: 60_000 });

const COMMAND = ['--import', 'tsx', 'src/cli/console.ts', '--port'];

test('what is typed reaches the board, and what it says comes back', async () => {
  const line = await lineTo(image, tree);
  const child = spawn(process.execPath, [...COMMAND, line.path]);
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
  // The board says again what it hears; what it said before anybody listened is lost.
  const typing = setInterval(() => { if (errors.includes('leaves')) child.stdin.write('a\x03c'); }, 300);
  child.stdout.on('data', () => {
    if (!out.includes('a\x03c')) return;
    clearInterval(typing);
    child.stdin.end();
  });
  const code = await new Promise((done) => child.on('close', done));
  await line.end();
  expect(out).toContain('a\x03c');
  expect(errors).toBe(`${line.path} at 115200 baud; Ctrl-A x leaves.\n`);
  expect(code).toBe(0);
});

test('ports that cannot be opened: one sentence, exit code 2', () => {
  const open = (port: string) => {
    const { status, stderr } = spawnSync(process.execPath, [...COMMAND, port], { encoding: 'utf8' });
    return { status, stderr };
  };
  const nothing = open('/dev/ttyNothing0');
  expect(nothing.stderr).toMatch(/^PORT: \/dev\/ttyNothing0 is not there; (no USB serial adapter is plugged in|there is .*)\.\n$/);
  expect(nothing.status).toBe(2);
  expect(open('').stderr).toMatch(/^Say which serial port: PORT=\/dev\/ttyUSB0; .*\.\n$/);
  expect(open('/dev/null').status).toBe(2);
});
