/** Broken rules end in a panic: reason, registers and a backtrace in TypeScript lines, exit code 1, on whichever core. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checks, expectLog, expectText, folder, removeFolder, run, type Log, type Machine } from './machine.ts';

let image: string;
let initrd: string;
beforeAll(async () => {
  image = await checks();
  initrd = path.join(folder, 'initrd');
  writeFileSync(initrd, 'sealed');
}, 300_000);
afterAll(removeFolder);

const FAULT = 'test/boot/programs/fault.ts';

/** The line of a source on which `text` stands, so that the expected backtraces follow the sources. */
const lineOf = (file: string, text: string): string => {
  const line = readFileSync(file, 'utf8').split('\n').findIndex((one) => one.includes(text)) + 1;
  if (line === 0) throw new Error(`${file} does not say ${text}`);
  return `${file}:${line}`;
};

const REGISTERS = '  esr {hex}  elr {hex}  far {hex}  spsr {hex}\n{registers}';
const outer = (): string => `    faultStart  ${lineOf(FAULT, '  fault(kind === 0')}
    programStart  ${lineOf('test/boot/programs/checks.ts', 'faultStart(); break;')}
    taskMain  ${lineOf('src/board/tasks.ts', 'callProgramStart();')}
    taskBegin  ${lineOf('boot/switch.S', 'taskMain  ')}
{events}
`;
const fault = (kind: string, machine: Machine = {}): Promise<Log> =>
  run(image, { input: initrd, arguments: ['run=fault', `fault=${kind}`], ...machine });

describe('writing where one must not', () => {
  test.each([
    ['text', 'data abort on a write: permission fault, level 3, in the kernel\'s code', '// text', ''],
    ['initrd', 'data abort on a write: permission fault, level 2, in the window of the initrd', '// initrd', 'not the code; '],
    ['device-tree', 'data abort on a write: permission fault, level 2, in the device tree', '// device tree',
      'not the code; not the initrd; '],
    ['null', 'data abort on a write: translation fault (nothing is mapped there), level 2, near address 0', '// near null',
      'not the code; not the initrd; not the tree; '],
  ])('%s', async (kind, reason, mark) => {
    expectLog(await fault(kind), 1, `about to fail

PANIC on core 0 in task 0: ${reason}
${REGISTERS}  backtrace:
    touch  ${lineOf(FAULT, mark)}
    fault  ${lineOf(FAULT, 'default: touch(kind)')}
${outer()}`);
  });
});

describe('other faults', () => {
  test('reading where nothing is', async () => {
    const held = expectLog(await fault('read', { gic: 3 }), 1, `about to fail

PANIC on core 0 in task 0: data abort on a read: translation fault (nothing is mapped there), level 2
${REGISTERS}  backtrace:
    fault  ${lineOf(FAULT, '// read')}
${outer()}`);
    expect(held[2]).toBe('000000005ff00000');
  });

  test('a stack that grows for ever', async () => {
    const { text, exitCode } = await fault('stack');
    const recursion = `    recurse  ${lineOf(FAULT, 'const recurse')}\n`;
    expectText(text, `about to fail

PANIC on core 0 in task 0: data abort on a write: translation fault (nothing is mapped there), level 3, in the guard below a stack: stack overflow
${REGISTERS}  backtrace:
${recursion.repeat(33)}    and so on
{events}
`);
    expect(exitCode).toBe(1);
  });

  test('a halt names its place and number', async () => {
    expectLog(await fault('halt'), 1, `about to fail

PANIC on core 0 in task 0: the test wants to stop, number 42
${REGISTERS}  backtrace:
    boardHalt  ${lineOf('src/board/halt.ts', 'haltTrap(where')}
    fault  ${lineOf(FAULT, '// halt')}
${outer()}`);
  });

  test('a halt on another core, entered at EL2', async () => {
    expectLog(await fault('other', { el2: true }), 1, `about to fail

PANIC on core 1 in task 1: the other core stops, number 7
${REGISTERS}  backtrace:
    boardHalt  ${lineOf('src/board/halt.ts', 'haltTrap(where')}
    faultTask  ${lineOf(FAULT, 'the other core stops')}
    programTask  ${lineOf('test/boot/programs/checks.ts', 'faultTask(argument); break;')}
    taskMain  ${lineOf('src/board/tasks.ts', 'else callProgramTask')}
    taskBegin  ${lineOf('boot/switch.S', 'taskMain  ')}
{events}
`);
  });

  test('a halt in an interrupt: the backtrace goes on into what was interrupted', async () => {
    const { text, exitCode } = await fault('midway');
    expect(exitCode).toBe(1);
    expect(text).toContain('PANIC on core 0 in task 0: while handling another: stopped in an interrupt, number 1\n');
    const trace = text.slice(text.indexOf('backtrace:\n'), text.indexOf('  events of core')).split('\n').slice(1, -1).map((line) => line.trim());
    expect(trace.slice(0, 2)).toEqual([
      `boardHalt  ${lineOf('src/board/halt.ts', 'haltTrap(where')}`, `faultTimer  ${lineOf(FAULT, 'stopped in an interrupt')}`,
    ]);
    const names = trace.map((line) => line.split('  ')[0]);
    expect(names).toEqual(expect.arrayContaining(['boardInterrupt', 'interrupt', 'kernelWait32', 'fault', 'faultStart', 'taskBegin']));
    expect(trace).toContain(`fault  ${lineOf(FAULT, '// midway')}`);
  });

  test('waiting on an odd address', async () => {
    const { text } = await fault('wait');
    expect(text).toContain('PANIC on core 0 in task 0: wait32 on an address that is no multiple of 4, 536870914 (0x20000002)\n');
  });
});

describe('leaving', () => {
  test('an exit code arrives', async () => { expectLog(await fault('xit'), 3, 'about to fail\n'); });
  test('a code that the host would take for 0 becomes 1', async () => { expectLog(await fault('zero'), 1, 'about to fail\n'); });
  test('the end of the last task is a good end', async () => { expectLog(await run(image, { arguments: ['run=quiet'] }), 0, ''); });
  test('an unknown program', async () => {
    const { text, exitCode } = await run(image, { arguments: ['run=unknown'] });
    expect(text).toContain('checks: no such program, first letter 117\n');
    expect(exitCode).toBe(1);
  });
});
