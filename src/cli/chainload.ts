/**
 * The command behind `make chainload PORT=`: sends a kernel to the loader on a board's card, and becomes the board's console.
 *
 * Role: run by make; `chainload` is also called by tests. The other side and the protocol: src/programs/loader.ts.
 * Invariants: a kernel is started only if the loader has computed the checksum that was sent with it; every failure is tried
 *   again, ATTEMPTS times in all.
 * Units: bytes, milliseconds.
 * Fails: exit 2 with one sentence if the port cannot be opened or there is no loader; 1 if every attempt failed.
 * Checked by: test/pi/chainload.test.ts
 */
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { CardError } from './card.ts';
import { attach, BAUD, openPort } from './serial.ts';
import { UsageError, type RawOptions } from './options.ts';
import { commandWithOptions, prepare, refusing } from './prepare.ts';

const ATTEMPTS = 5;
const PATIENCE_MILLISECONDS = 30_000;
const ANSWER_MILLISECONDS = 15_000;
const CHUNK_BYTES = 1024;
const MAGIC = 'RVXL';
const POLYNOMIAL = 0xedb88320;

/** CRC-32 as in zip files; Node has it built in only from version 20.15 on. */
export const crc32 = (bytes: Uint8Array): number => {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc >>> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return ~crc >>> 0;
};

export const headerOf = (image: Uint8Array): Buffer => {
  const header = Buffer.alloc(16);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(image.length, 4);
  header.writeUInt32LE(crc32(image), 8);
  header.writeUInt32LE(crc32(header.subarray(0, 12)), 12);
  return header;
};

/** What the loader says, line by line. */
class Lines {
  private text = '';
  private readonly lines: string[] = [];
  private wake: (() => void) | undefined;
  private readonly listener = (chunk: Buffer): void => {
    const parts = (this.text + chunk.toString('latin1')).split('\n');
    this.text = parts.pop()!;
    this.lines.push(...parts.map((line) => line.replace('\r', '')));
    this.wake?.();
  };
  private readonly port: Duplex;

  constructor(port: Duplex) {
    this.port = port;
    port.on('data', this.listener);
    port.resume(); // An earlier call left it paused.
  }

  /** The next answer of the loader that `wanted` accepts, without its first word; undefined when the time is up. */
  async next(milliseconds: number, wanted: (line: string) => boolean = () => true): Promise<string | undefined> {
    const until = Date.now() + milliseconds;
    for (;;) {
      for (let line = this.lines.shift(); line !== undefined; line = this.lines.shift()) {
        // Behind half a byte that the line began with there may be rubbish.
        const answer = /LOADER (.*)$/.exec(line)?.[1];
        if (answer !== undefined && wanted(answer)) return answer;
      }
      const left = until - Date.now();
      if (left <= 0) return undefined;
      await new Promise<void>((done) => {
        const timer = setTimeout(done, left);
        this.wake = (): void => { clearTimeout(timer); done(); };
      });
    }
  }

  /** Ends listening; returns what has come behind the last answer, and lets nothing more by until somebody listens again. */
  close(): string {
    this.port.pause();
    this.port.off('data', this.listener);
    return [...this.lines, this.text].join('\n');
  }
}

export interface ChainloadOptions {
  /** Told to a person. */
  say?: (line: string) => void;
  /** For tests: what goes down the line instead of header and kernel. */
  spoil?: (attempt: number, header: Buffer, image: Buffer) => { header: Buffer; image: Buffer };
  patienceMilliseconds?: number;
}

const write = (port: Duplex, bytes: Uint8Array): Promise<void> =>
  new Promise((done, fail) => { port.write(bytes, (error) => (error ? fail(error) : done())); });

/** One attempt: undefined if the kernel has started, else what the loader said. */
const attempt = async (
  port: Duplex, lines: Lines, header: Buffer, image: Buffer, say: (line: string) => void,
): Promise<string | undefined> => {
  await write(port, header);
  const answer = await lines.next(ANSWER_MILLISECONDS, (line) => line !== 'ready') ?? 'no answer to the header';
  if (!answer.startsWith('send ')) return answer;
  for (let at = 0, tenth = 0; at < image.length; at += CHUNK_BYTES) {
    await write(port, image.subarray(at, at + CHUNK_BYTES));
    const now = Math.floor(10 * Math.min(image.length, at + CHUNK_BYTES) / image.length);
    if (now > tenth) say(`  ${now * 10} % of ${image.length} bytes`);
    tenth = now;
  }
  // At ten bits a byte, and what the line holds back; then the loader's own second.
  const result = await lines.next(ANSWER_MILLISECONDS + image.length * 20_000 / BAUD) ?? 'no answer to the kernel';
  return result === 'starting' ? undefined : result;
};

/** Sends `image` until it has started; returns what the kernel has said already. Throws CardError after the last attempt. */
export const chainload = async (
  port: Duplex, image: Buffer, { say = () => {}, spoil, patienceMilliseconds }: ChainloadOptions = {},
): Promise<string> => {
  const lines = new Lines(port);
  try {
    let reason = '';
    for (let number = 1; number <= ATTEMPTS; number++) {
      const ready = await lines.next(patienceMilliseconds ?? PATIENCE_MILLISECONDS, (line) => line === 'ready');
      if (ready === undefined) {
        throw new CardError(number === 1
          ? 'No loader answers. Is it on the card (make sdcard PROGRAM=loader), are the wires right, is the board on?'
          : `The loader is silent after: ${reason}.`);
      }
      const sent = spoil?.(number, headerOf(image), image) ?? { header: headerOf(image), image };
      const failed = await attempt(port, lines, sent.header, sent.image, say);
      if (failed === undefined) return lines.close();
      reason = failed;
      say(`  attempt ${number} of ${ATTEMPTS}: ${reason}`);
    }
    throw new CardError(`The kernel did not arrive in ${ATTEMPTS} attempts: ${reason}.`);
  } finally {
    lines.close();
  }
};

interface LoadOptions extends RawOptions { port: string; image?: string }

const main = async (raw: LoadOptions): Promise<void> => {
  const port = await openPort(raw.port);
  const image = raw.image ?? prepare({ ...raw, target: 'qemu' }).image;
  let said = '';
  try {
    const bytes = readFileSync(image);
    process.stderr.write(`${image}: ${bytes.length} bytes to ${raw.port}, about ${Math.ceil(bytes.length * 10 / BAUD)} s\n`);
    said = await chainload(port, bytes, { say: (line) => process.stderr.write(`${line}\n`) });
  } catch (error) {
    port.close();
    if (!(error instanceof CardError)) throw error;
    if (error.message.startsWith('No loader')) throw new UsageError(error.message);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  process.stderr.write('Started; this is the console now, Ctrl-A x leaves.\n');
  process.stdout.write(said);
  process.exitCode = await attach(port);
};

if (process.argv[1] === import.meta.filename) {
  await commandWithOptions('chainload')
    .option('--port <path>', 'the serial port', '')
    .option('--image <file>', 'this kernel instead of PROGRAM\'s')
    .action(refusing(main))
    .parseAsync();
}
