import { afterAll, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../src/cli/input.ts';
import { DIGITS, UsageError, checkInputAndClasses, checkOptions, programNames, type RawOptions } from '../../src/cli/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'options-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DEFAULTS: RawOptions = {
  board: 'virt', target: 'qemu', program: 'classify', atomics: 'llsc', cpus: '4', cpu: 'cortex-a72', gic: '2', memory: '256', input: '',
  seconds: '600',
};
const refusal = (changed: Partial<RawOptions>): string => {
  try {
    checkOptions({ ...DEFAULTS, ...changed }, ['classify', 'hello']);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'accepted';
};

test('what make passes by default', () => {
  expect(checkOptions(DEFAULTS, ['classify'])).toEqual({
    board: 'virt', target: 'qemu', program: 'classify', atomics: 'llsc', cpus: 4, cpu: 'cortex-a72', gic: 2, memoryMebibytes: 256,
    input: DIGITS, secondsLimit: 600,
  });
  expect(checkOptions({ ...DEFAULTS, gic: '3', cpus: '8', seconds: '60', input: 'a.fvecs' }, ['classify']))
    .toMatchObject({ gic: 3, cpus: 8, secondsLimit: 60, input: 'a.fvecs' });
});

test('a board has what it has, and that is the default', () => {
  const { cpus: _cpus, cpu: _cpu, gic: _gic, memory: _memory, ...rest } = DEFAULTS;
  const has = { cpus: 4, gic: 2 };
  expect(checkOptions({ ...rest, board: 'rpi3' }, ['classify'])).toMatchObject({ ...has, cpu: 'cortex-a53', memoryMebibytes: 1024 });
  expect(checkOptions({ ...rest, board: 'rpi4' }, ['classify'])).toMatchObject({ ...has, cpu: 'cortex-a72', memoryMebibytes: 2048 });
  expect(checkOptions(rest, ['classify'])).toMatchObject({ ...has, cpu: 'cortex-a72', memoryMebibytes: 256 });
  expect(checkOptions({ ...rest, atomics: 'lse' }, ['classify'])).toMatchObject({ ...has, cpu: 'cortex-a76', atomics: 'lse' });
});

test.each([
  [{ target: 'foo' }, 'TARGET must be qemu or node, not foo.'],
  [{ target: '' }, 'TARGET must be qemu or node, not empty.'],
  [{ board: 'rpi5' }, 'BOARD must be virt, rpi3 or rpi4, not rpi5.'],
  [{ board: 'rpi3' }, 'CPU must be cortex-a53 for BOARD=rpi3, not cortex-a72.'],
  [{ board: 'rpi3', cpu: 'cortex-a53' }, 'MEMORY must be 1024 for BOARD=rpi3, not 256.'],
  [{ board: 'rpi3', cpu: 'cortex-a53', cpus: '2' }, 'CPUS must be 4 for BOARD=rpi3, not 2.'],
  [{ board: 'rpi4', gic: '3' }, 'GIC must be 2 for BOARD=rpi4, not 3.'],
  [{ program: 'nonesuch' }, 'PROGRAM must be classify or hello, not nonesuch.'],
  [{ cpus: '0' }, 'CPUS must be a whole number from 1 to 8, not 0.'],
  [{ cpus: '9' }, 'CPUS must be a whole number from 1 to 8, not 9.'],
  [{ cpus: '-1' }, 'CPUS must be a whole number from 1 to 8, not -1.'],
  [{ cpus: '2.5' }, 'CPUS must be a whole number from 1 to 8, not 2.5.'],
  [{ cpus: '0x4' }, 'CPUS must be a whole number from 1 to 8, not 0x4.'],
  [{ cpus: '' }, 'CPUS must be a whole number from 1 to 8, not empty.'],
  [{ cpu: 'z80' }, 'CPU must be cortex-a53, cortex-a57, cortex-a72, cortex-a76, neoverse-n1 or max, not z80.'],
  [{ atomics: 'cas' }, 'ATOMICS must be llsc or lse, not cas.'],
  [{ atomics: 'lse' }, 'CPU must be cortex-a76, neoverse-n1 or max for ATOMICS=lse, not cortex-a72.'],
  [{ atomics: 'lse', board: 'rpi3', cpu: 'cortex-a53', memory: '1024' }, 'ATOMICS must be llsc for BOARD=rpi3: its cortex-a53 has no LSE.'],
  [{ gic: '4' }, 'GIC must be 2 or 3, not 4.'],
  [{ memory: '63' }, 'MEMORY must be a whole number from 64 to 1024, not 63.'],
  [{ memory: '256M' }, 'MEMORY must be a whole number from 64 to 1024, not 256M.'],
  [{ seconds: '' }, 'SECONDS_LIMIT must be a whole number from 1 to 86400, not empty.'],
  [{ seconds: '0' }, 'SECONDS_LIMIT must be a whole number from 1 to 86400, not 0.'],
])('%j is refused in one sentence', (changed, sentence) => {
  expect(refusal(changed)).toBe(sentence);
});

test('a program is a module that exports programStart, in either form', () => {
  writeFileSync(join(folder, 'one.ts'), 'export const programStart = (): void => {};\n');
  writeFileSync(join(folder, 'two.ts'), "export { boardIrq, programStart } from './one.ts';\n");
  writeFileSync(join(folder, 'part.ts'), '// see programStart\nexport const other = 1;\n');
  writeFileSync(join(folder, 'one.node.ts'), 'export const programStart = (): void => {};\n');
  expect(programNames(folder)).toEqual(['one', 'two']);
});

test('class counts beside the input are passed on if they fit it, and refused if not', () => {
  const input = join(folder, 'a.fvecs');
  writeFileSync(input, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
  const options = { ...checkOptions(DEFAULTS, ['classify']), input };
  expect(checkInputAndClasses(options)).toEqual({ summary: { records: 3, dimension: 1, bytes: 24 }, classes: undefined });
  writeFileSync(join(folder, 'a.classes'), '1,2\n');
  expect(checkInputAndClasses(options).classes).toBe('1,2');
  for (const wrong of ['1,1', '3,x', '', '1.5,1.5', '4,-1']) {
    writeFileSync(join(folder, 'a.classes'), wrong);
    expect(() => checkInputAndClasses(options)).toThrow(InputError);
  }
});
