/**
 * The link: a program's object and the boot code become one kernel image.
 *
 *     node --import tsx src/cli/link.ts build/virt/hello/hello.o -o build/virt/hello
 *
 * Role: run by make after src/lower; also called by tests. Leaves kernel8.elf (for gdb, make listing) and kernel8.img (what boots)
 *   in the folder, and the boot objects beside them.
 * Order: links twice. The line table is made from the first link and lies behind all code, so the second link moves no
 *   instruction; that is checked, not assumed.
 * Invariants: the same inputs give the same bytes in any folder: paths in debug information are relative to the project.
 * Fails: exit 1 with what clang or lld said; an image above the size limit is refused.
 * Checked by: test/boot/link.test.ts
 */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { encodeLines, placesOf } from './lines.ts';

export const IMAGE_BYTES_LIMIT = 128 * 1024;
const ROOT = path.join(import.meta.dirname, '../..');
const SCRIPT = 'linker/kernel.ld';

const FLAGS = [
  '--target=aarch64-none-elf', '-march=armv8-a', '-ffreestanding', '-O2', '-g', '-fno-omit-frame-pointer',
  '-fno-unwind-tables', '-fno-asynchronous-unwind-tables', '-fno-ident', '-Wall', '-Wextra', '-Werror', '-fdebug-compilation-dir=.',
];
/** C in the kernel leaves the floating-point registers alone; assembly saves them, so it is not told so (clang 19 would object). */
const C_FLAGS = ['-mgeneral-regs-only'];
/** early.c runs before the MMU is on: no unaligned access, no absolute address, no global offset table. */
const EARLY_FLAGS = ['-mstrict-align', '-fno-jump-tables', '-fvisibility=hidden'];

const run = async (tool: string, args: string[]): Promise<string> => (await execa(tool, args, { cwd: ROOT, stdin: 'ignore' })).stdout;

const compileBoot = async (folder: string): Promise<string[]> => {
  mkdirSync(folder, { recursive: true });
  const sources = readdirSync(path.join(ROOT, 'boot')).filter((name) => /\.[cS]$/.test(name)).sort();
  return Promise.all(sources.map(async (name) => {
    const object = path.join(folder, `${name}.o`);
    const more = [...(name.endsWith('.c') ? C_FLAGS : []), ...(name === 'early.c' ? EARLY_FLAGS : [])];
    await run('clang', [...FLAGS, ...more, '-c', `boot/${name}`, '-o', object]);
    return object;
  }));
};

const linkOnce = async (objects: string[], table: Uint8Array, folder: string, elf: string): Promise<void> => {
  const [source, object] = [path.join(folder, 'lines.S'), path.join(folder, 'lines.o')];
  writeFileSync(source, `.section .lines,"a"\n.balign 8\n.global bootLines\nbootLines:\n.byte ${[...table].join(',')}\n`);
  await run('clang', ['--target=aarch64-none-elf', '-c', source, '-o', object]);
  await run('ld.lld', ['--gc-sections', '--fatal-warnings', '--build-id=none', '-T', SCRIPT, ...objects, object, '-o', elf]);
};

/** First address and end of the code, from the linker script's symbols. */
const codeRange = async (elf: string): Promise<[number, number]> => {
  const symbols = new Map((await run('llvm-nm', ['--format=posix', elf])).split('\n').map((line) => {
    const [name, , value] = line.split(' ');
    return [name!, Number.parseInt(value ?? '', 16)];
  }));
  const [start, end] = [symbols.get('bootImage'), symbols.get('bootTextEnd')];
  if (start === undefined || end === undefined) throw new Error('the image has no bootImage or no bootTextEnd');
  return [start, end];
};

/** Links `object` with the boot code into `folder`; returns the image's path. */
export const linkImage = async (object: string, folder: string): Promise<string> => {
  const out = path.resolve(folder);
  const elf = path.join(out, 'kernel8.elf');
  const image = path.join(out, 'kernel8.img');
  const objects = [...await compileBoot(path.join(out, 'boot')), path.resolve(object)];
  await linkOnce(objects, new Uint8Array(16), out, elf);
  const table = encodeLines(await placesOf(elf, ...await codeRange(elf)));
  await linkOnce(objects, table, out, elf);
  const again = encodeLines(await placesOf(elf, ...await codeRange(elf)));
  if (Buffer.compare(table, again) !== 0) throw new Error('the second link moved code: the line table would lie');
  await run('llvm-objcopy', ['-O', 'binary', elf, image]);
  const { size } = statSync(image);
  if (size > IMAGE_BYTES_LIMIT) throw new Error(`${image} has ${size} bytes, more than ${IMAGE_BYTES_LIMIT}`);
  return image;
};

if (process.argv[1] === import.meta.filename) {
  await new Command('link')
    .description('Links a program object and the boot code into kernel8.elf and kernel8.img.')
    .argument('<object>', 'what src/lower made of the program')
    .requiredOption('-o, --output <folder>', 'where to put them')
    .action(async (object: string, options: { output: string }) => {
      try {
        await linkImage(object, options.output);
      } catch (error) {
        process.stderr.write(`link: ${(error as { stderr?: string }).stderr || (error as Error).message}\n`);
        process.exitCode = 1;
      }
    })
    .parseAsync();
}
