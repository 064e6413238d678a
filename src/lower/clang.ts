/**
 * Ninth pass: clang, from C to an object that does not depend on the folder it was built in.
 */
import path from 'node:path';
import { execa } from 'execa';
import type { Report } from './report.ts';

export type Target = 'aarch64' | 'host';
export type AtomicKind = 'llsc' | 'lse';

const TARGETS: Record<Target, string[]> = {
  aarch64: ['--target=aarch64-none-elf', '-mcpu=cortex-a72', '-march=armv8-a', '-mno-outline-atomics'],
  host: ['--target=x86_64-linux-gnu', '-fno-pie', '-fcf-protection=none'],
};

/**
 * What the kernel's read-modify-writes become on AArch64. Every processor has llsc: load-exclusive and store-exclusive loops. lse, of
 * ARMv8.1, is one instruction each; a Cortex-A76 has it, A53 and A72 do not. src/board/atomics.ts stops where it is missing.
 */
export const ATOMICS: Record<AtomicKind, string[]> = { llsc: [], lse: ['-mcpu=cortex-a76', '-march=armv8-a+lse'] };
export const ATOMICS_NAMES = Object.keys(ATOMICS) as AtomicKind[];

const FLAGS = [
  '-std=c11', '-ffreestanding', '-mno-implicit-float', '-nostdlibinc', '-fwrapv', '-fno-strict-aliasing', '-fno-delete-null-pointer-checks',
  '-ffp-contract=off', '-ffunction-sections', '-fdata-sections', '-fno-common', '-fno-unwind-tables', '-fno-asynchronous-unwind-tables',
  '-fno-stack-protector', '-fno-ident', '-fno-omit-frame-pointer', '-momit-leaf-frame-pointer', '-g', '-fdebug-compilation-dir=.', '-w',
];

const SHIM = path.join(import.meta.dirname, 'runtime/shim');

/** `more` flags come after our own and before the files, so that they win. */
export const clang = async (
  c: string, before: string, object: string, target: Target, level: string, report: Report, more: string[] = [],
): Promise<void> => {
  const folder = path.dirname(path.resolve(c));
  const run = await execa('clang', [
    ...TARGETS[target], `-O${level}`, ...FLAGS, `-ffile-prefix-map=${SHIM}=shim`, '-I', SHIM,
    ...more, '-include', path.basename(before), '-c', path.basename(c), '-o', path.relative(folder, path.resolve(object)),
  ], { cwd: folder, stdin: 'ignore', reject: false, all: true });
  if (run.exitCode !== 0) report.general('RVX9005', `clang failed:\n${run.all ?? run.message}`);
};
