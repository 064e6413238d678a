/** The launcher: output and exit code go through, every way out works, and no QEMU stays behind. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyboard } from '../../src/cli/terminal.ts';
import { checks, folder, removeFolder } from './machine.ts';

/** A copy under a name of its own: by it the test knows its QEMU among all processes. */
const image = path.join(folder, 'kernel8.img');
beforeAll(async () => { copyFileSync(await checks(), image); }, 300_000);
afterAll(removeFolder);

const LAUNCHER = ['--import', 'tsx', 'src/cli/boot.ts', image, '--cpus', '1', '--memory', '128'];
const PATIENCE_MILLISECONDS = 20_000;

const emulators = (): number => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
  try {
    const [program, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    return program!.includes('qemu') && words.includes(image);
  } catch {
    return false; // it has ended
  }
}).length;

const until = async (what: string, condition: () => boolean): Promise<void> => {
  for (let waited = 0; !condition(); waited += 50) {
    if (waited > PATIENCE_MILLISECONDS) throw new Error(`not within ${PATIENCE_MILLISECONDS} ms: ${what}`);
    await sleep(50);
  }
};

interface Launched { child: ChildProcess; output: () => string; errors: () => string; code: Promise<number | string | null> }

const launch = (command: string, words: string[]): Launched => {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => { output += chunk.toString('latin1'); });
  child.stderr!.on('data', (chunk: Buffer) => { errors += chunk.toString('latin1'); });
  child.stdin!.on('error', () => {});
  const code = new Promise<number | string | null>((done) => child.on('close', (number, signal) => done(number ?? signal)));
  return { child, output: () => output, errors: () => errors, code };
};

const start = (append: string, ...more: string[]): Launched => launch(process.execPath, [...LAUNCHER, '--append', append, ...more]);

/** In a terminal of its own. What the launcher prints and asks of the terminal comes out of `output`. */
const startInTerminal = (append: string): Launched => {
  const words = [process.execPath, ...LAUNCHER, '--append', append].map((word) => `'${word}'`).join(' ');
  return launch('script', ['--quiet', '--flush', '--return', '--command', words, '/dev/null']);
};

const running = async (launched: Launched): Promise<void> => {
  await until('the program runs', () => launched.output().includes('spinning'));
  expect(emulators()).toBe(1);
};

describe('launching', () => {
  test('console and exit code', async () => {
    const good = start('run=echo');
    good.child.stdin!.end('abc!');
    expect(await good.code).toBe(0);
    expect(good.output().replace('no input yet\n', '')).toBe('type, and end with !\nbytes 3 sum 96354\ndone\n');
    const bad = start('run=fault fault=xit', '--no-input');
    expect(await bad.code).toBe(3);
    expect(bad.output()).toBe('about to fail\n');
    expect(bad.errors()).toBe('');
  });

  test('the time limit', async () => {
    const launched = start('run=spin', '--seconds', '3');
    expect(await launched.code).toBe(124);
    expect(launched.errors()).toContain('Stopped: not done after 3 s.\n');
    expect(emulators()).toBe(0);
  });

  test.each([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const)('%s', async (signal, code) => {
    const launched = start('run=spin');
    await running(launched);
    launched.child.kill(signal);
    expect(await launched.code).toBe(code);
    expect(emulators()).toBe(0);
  });

  test('killed outright', async () => {
    const launched = start('run=spin');
    await running(launched);
    launched.child.kill('SIGKILL');
    expect(await launched.code).toBe('SIGKILL');
    await until('QEMU has ended', () => emulators() === 0);
  });

  test('nobody reads the output', async () => {
    const launched = start('run=echo');
    await until('the program runs', () => launched.output().includes('type'));
    launched.child.stdout!.destroy();
    launched.child.stdin!.write('!'); // makes it print
    expect(await launched.code).toBe(141);
    expect(emulators()).toBe(0);
  });

  test('no such image', async () => {
    const launched = launch(process.execPath, ['--import', 'tsx', 'src/cli/boot.ts', path.join(folder, 'nothing.img')]);
    expect(await launched.code).toBe(1);
    expect(launched.errors()).toContain('nothing.img');
  });
});

describe('in a terminal', () => {
  test('Ctrl-C goes to the program, which may end in its own way', async () => {
    const launched = startInTerminal('run=echo');
    await until('the program runs', () => launched.output().includes('type'));
    launched.child.stdin!.write('\x03!');
    expect(await launched.code).toBe(0);
    expect(launched.output()).toContain('bytes 1 sum 3\r\n');
    expect(emulators()).toBe(0);
  });

  test('Ctrl-C ends a program that does not', async () => {
    const launched = startInTerminal('run=spin');
    await running(launched);
    launched.child.stdin!.write('\x03');
    expect(await launched.code).toBe(130);
    expect(emulators()).toBe(0);
  });

  test('Ctrl-A x', async () => {
    const launched = startInTerminal('run=spin');
    await running(launched);
    const before = Date.now();
    launched.child.stdin!.write('\x01x');
    expect(await launched.code).toBe(130);
    expect(Date.now() - before).toBeLessThan(PATIENCE_MILLISECONDS);
    expect(emulators()).toBe(0);
  });
});

describe('keys', () => {
  const type = (...chunks: string[]): [string, string | undefined] => {
    const press = keyboard();
    let [forward, leave] = ['', undefined as string | undefined];
    for (const chunk of chunks) {
      const keys = press(Buffer.from(chunk, 'latin1'));
      forward += Buffer.from(keys.forward).toString('latin1');
      leave ??= keys.leave;
    }
    return [forward, leave];
  };

  test.each([
    ['plain text', ['abc'], 'abc', undefined],
    ['Ctrl-C', ['a\x03b'], 'a\x03b', 'soon'],
    ['Ctrl-A x', ['ab\x01xcd'], 'ab', 'now'],
    ['Ctrl-A x in two chunks', ['ab\x01', 'x'], 'ab', 'now'],
    ['Ctrl-A twice', ['\x01\x01'], '\x01', undefined],
    ['Ctrl-A and something else', ['\x01', 'b'], '\x01b', undefined],
  ] as const)('%s', (_name, chunks, forward, leave) => { expect(type(...chunks)).toEqual([forward, leave]); });
});
