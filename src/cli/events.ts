/**
 * The command behind `make events`: runs a program in QEMU and reads its last events out of the machine's memory, or takes them
 * from a panic in a log (LOG=FILE); leaves build/events/NAME.log for people and NAME.json for Perfetto.
 *
 * Role: run by make. Memory: the machine's RAM is a file while it runs, removed afterwards.
 * Fails: exit 2 with one sentence for what was asked wrongly or if there are no events; else the program's exit code.
 * Elsewhere: decoding is in trace.ts, recording in src/board/events.ts.
 * Checked by: test/pi/events.test.ts
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { boot } from './boot.ts';
import { UsageError, type RawOptions } from './options.ts';
import { bootOptions, commandWithOptions, prepare, refusing } from './prepare.ts';
import { decodeLog, decodeRings, renderLog, renderTrace, RINGS_BYTES, type Event } from './trace.ts';

const FOLDER = 'build/events';
/** Where QEMU puts an image with our header, from the start of RAM; and where it is linked. */
const IMAGE_AT = 0x80000;
const IMAGE_WINDOW = 0x10000000;

/** QEMU's options that make RAM a file. */
export const ramOptions = (file: string, mebibytes: number): string[] =>
  ['-object', `memory-backend-file,id=ram,size=${mebibytes}M,mem-path=${file},share=on`, '-machine', 'memory-backend=ram'];

/** The rings in such a file. */
export const ringsOf = (elf: string, ram: string): Buffer => {
  const symbols = execFileSync('llvm-nm', ['--format=posix', elf], { encoding: 'utf8' });
  const address = /^bootEvents \S+ ([0-9a-f]+)/m.exec(symbols)?.[1];
  if (address === undefined) throw new UsageError(`${elf} keeps no events.`);
  const dump = Buffer.alloc(RINGS_BYTES);
  const file = openSync(ram, 'r');
  readSync(file, dump, 0, RINGS_BYTES, IMAGE_AT + Number.parseInt(address, 16) - IMAGE_WINDOW);
  closeSync(file);
  return dump;
};

const leave = (name: string, { events, lost }: { events: Event[]; lost: number }): void => {
  if (events.length === 0) throw new UsageError('There are no events.');
  mkdirSync(FOLDER, { recursive: true });
  const [log, trace] = [path.join(FOLDER, `${name}.log`), path.join(FOLDER, `${name}.json`)];
  writeFileSync(log, renderLog(events));
  writeFileSync(trace, renderTrace(events));
  process.stdout.write(`${events.length} events of ${new Set(events.map(({ core }) => core)).size} cores, ${lost} older ones overwritten\n`
    + `  ${log}\n  ${trace}   for https://ui.perfetto.dev\n`);
};

interface EventOptions extends RawOptions { log: string }

const main = async (raw: EventOptions): Promise<void> => {
  if (raw.log !== '') {
    if (!existsSync(raw.log)) throw new UsageError(`LOG: ${raw.log} is not there.`);
    return leave(path.basename(raw.log).replace(/\.\w+$/, ''), decodeLog(readFileSync(raw.log, 'latin1')));
  }
  const prepared = prepare({ ...raw, target: 'qemu' });
  mkdirSync(FOLDER, { recursive: true });
  const ram = path.resolve(FOLDER, `ram-${process.pid}`);
  try {
    const options = bootOptions(prepared, process.stdin.isTTY === true);
    process.exitCode = await boot({ ...options, extra: ramOptions(ram, options.memoryMebibytes) });
    leave(prepared.options.program, decodeRings(ringsOf(prepared.image.replace('.img', '.elf'), ram)));
  } finally {
    rmSync(ram, { force: true });
  }
};

if (process.argv[1] === import.meta.filename) {
  await commandWithOptions('events').option('--log <file>', 'a console log with a panic in it', '').action(refusing(main)).parseAsync();
}
