/**
 * Kernels built with ATOMICS=lse: which instructions are in them, that they run where those exist, and stop with a sentence where not.
 * Their speed is not a thing QEMU can show; what they cost in instructions: test/bench/counts.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { compileTree, expectLog, hello, imageOf, removeFolder, run } from './machine.ts';

const EXCLUSIVE = /^(ld|st)a?l?x[pr][bh]?$/;
const SINGLE = /^(cas|swp|ld(add|clr|set|eor|[su]m(ax|in))|st(add|clr|set))/;
let [llsc, lse] = ['', ''];
beforeAll(async () => {
  llsc = await hello();
  lse = await imageOf('src/programs/hello.ts', 'lse');
}, 300_000);
afterAll(removeFolder);

/** The mnemonics of an image's instructions. */
const mnemonicsOf = (image: string): string[] =>
  execFileSync('llvm-objdump', ['-d', '--no-show-raw-insn', '--mattr=+lse', image.replace('.img', '.elf')],
    { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n').flatMap((line) => /^ *[0-9a-f]+:\s+(\S+)/.exec(line)?.[1] ?? []);

describe('the instructions', () => {
  test('with LSE: single ones, and no exclusive one', () => {
    const all = mnemonicsOf(lse);
    expect(all.length).toBeGreaterThan(2000);
    expect(all.filter((one) => EXCLUSIVE.test(one))).toEqual([]);
    for (const one of ['casal', 'ldaddal', 'swpal']) expect(all).toContain(one);
  });

  test('without: exclusive ones, and no single one', () => {
    const all = mnemonicsOf(llsc);
    expect(all.filter((one) => SINGLE.test(one))).toEqual([]);
    for (const one of ['ldaxr', 'stlxr']) expect(all).toContain(one);
  });
});

describe('where the processor has LSE', () => {
  test.each([
    { cpu: 'cortex-a76', cpus: 4 }, { cpu: 'neoverse-n1', cpus: 2, gic: 3 }, { cpu: 'max', cpus: 8, gic: 3 }, { cpu: 'max', cpus: 2, el2: true },
  ] as const)('%j', async (machine) => {
    const greetings = Array.from({ length: machine.cpus }, (_, i) => `core ${i} runs task ${i}\n`).join('');
    const level = 'el2' in machine ? 2 : 1;
    expectLog(await run(lse, machine), 0, `hello from TypeScript: entered at EL${level}, cores ${machine.cpus}, GICv{number}, timer {number} Hz
image at 0x{hex}, seen at 0x10000000, code {number} bytes
RAM 128 MiB, free {number} MiB at 0x20000000, initrd 0 bytes
${greetings}1000 throws between core 0 and core 0
1000 throws between core 0 and core ${machine.cpus - 1}
20 timer interrupts
`);
  });
});

test('no wake-up is lost, as without LSE', async () => {
  const checks = await imageOf('test/boot/programs/checks.ts', 'lse');
  expectLog(await run(checks, { cpu: 'cortex-a76', cpus: 4, arguments: ['run=wait'] }), 0, `results are right
counts are right
tokens 18198 taken
10000 rounds of the duel
300 tasks came and went
done
`);
});

describe('where it has none: one sentence instead of an undefined instruction', () => {
  test.each([['cortex-a53', 'd03'], ['cortex-a57', 'd07'], ['cortex-a72', 'd08']])('%s', async (cpu, part) => {
    expectLog(await run(lse, { cpu, cpus: 4 }), 1, `
This kernel is built with ATOMICS=lse, and the processor (part 0x${part}) has no such instructions. Build it without.
`);
  });

  test('a Raspberry Pi 3, of which the tree has not been read yet', async () => {
    const tree = await compileTree('qemu/rpi3.dts');
    expectLog(await run(lse, { board: 'rpi3', cpu: 'cortex-a53', cpus: 4, memoryMebibytes: 1024, tree }), 1, `
This kernel is built with ATOMICS=lse, and the processor (part 0xd03) has no such instructions. Build it without.
`);
  });
});
