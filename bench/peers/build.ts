/**
 * Builds the host harness: the kernel's generated C, the crates of Cargo.lock and the C++ peers in one binary.
 *
 * Role: called by bench/host.ts and the self-check. Everything is compiled for the same processor, with its vector registers, the
 *   kernel's C included; the kernel at -O2, as everywhere, the others at -O3. Memory: build/bench.
 * Fails: throws with what the tool said; on other processors than x86-64, which src/lower's host target is for.
 * Checked by: test/bench/ratios.test.ts.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { compileC, lowerTo } from '../../src/native/build.ts';

export const ROOT = path.join(import.meta.dirname, '../..');
export const OUT = path.join(ROOT, 'build/bench');
const HERE = 'bench/peers';

/** x86-64-v3 has AVX2; older processors get what DPDK's headers need at least. */
export const march = (): string => {
  if (process.arch !== 'x64') throw new Error(`the ratios to peers are measured on x86-64 hosts only, and this is ${process.arch}`);
  return /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'x86-64-v3' : 'x86-64-v2';
};

const run = (tool: string, args: string[], env: Record<string, string> = {}): Promise<unknown> =>
  execa(tool, args, { cwd: ROOT, stdin: 'ignore', env });

/** The harness's path. */
export const buildHarness = async (): Promise<string> => {
  mkdirSync(OUT, { recursive: true });
  const cpu = march();
  const at = (name: string): string => path.join(OUT, name);
  const c = await lowerTo(path.join(ROOT, HERE, 'kernel.ts'), at('host-kernel'), 'host');
  await compileC(c, at('host-kernel.o'), 'host', [`-march=${cpu}`, '-mimplicit-float']);
  await run('clang', ['-O2', '-c', 'src/lower/runtime/host.c', '-o', at('host.o')]);
  await run('cargo', ['build', '--release', '--locked', '--quiet', '--manifest-path', `${HERE}/Cargo.toml`, '--target-dir', at('cargo')],
    { RUSTFLAGS: `-C target-cpu=${cpu}` });
  const triplet = 'x86_64-linux-gnu';
  await run('clang++', [
    '-std=c++17', '-O3', `-march=${cpu}`, '-Wall', '-Wextra', '-Wno-unused-parameter', '-fno-pie', '-no-pie',
    '-isystem', '/usr/include/dpdk', '-isystem', `/usr/include/${triplet}/dpdk`, '-include', 'rte_config.h',
    `${HERE}/main.cpp`, at('host-kernel.o'), at('host.o'), at('cargo/release/libpeers.a'), '-o', at('harness'),
    '-luring', '-lrte_ring', '-lrte_eal', '-lrt', '-lpthread', '-ldl', '-lm',
  ]);
  return at('harness');
};
